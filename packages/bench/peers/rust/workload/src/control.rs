//! The control port: a little HTTP/1.1, on a thread per connection, so that the serving thread never waits for it.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use crate::snapshot::Snapshot;

/// Connections served at a time; another is closed.
const MAX_CONNECTIONS: usize = 64;
/// Bytes of a request's head and of its body, which is not looked at.
const MAX_REQUEST_BYTES: u64 = 64 * 1024;
/// Marks have 12 digits.
const MAX_SEQUENCE: u64 = 999_999_999_999;

type Publish = dyn Fn(Arc<Snapshot>) + Send + Sync;

struct Control {
    latest: Mutex<Arc<Snapshot>>,
    publish: Box<Publish>,
}

/// Serves the control port from here on; each change's snapshot is handed to `publish`, in their order.
pub fn serve(listener: TcpListener, first: Arc<Snapshot>, publish: impl Fn(Arc<Snapshot>) + Send + Sync + 'static) {
    let control = Arc::new(Control { latest: Mutex::new(first), publish: Box::new(publish) });
    let open = Arc::new(AtomicUsize::new(0));
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            if open.fetch_add(1, Ordering::Relaxed) >= MAX_CONNECTIONS {
                open.fetch_sub(1, Ordering::Relaxed);
                continue;
            }
            let (control, open) = (Arc::clone(&control), Arc::clone(&open));
            std::thread::spawn(move || {
                // A client that goes away in the middle is no fault.
                let _ = control.converse(&stream);
                open.fetch_sub(1, Ordering::Relaxed);
            });
        }
    });
}

impl Control {
    fn converse(&self, stream: &TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let mut reader = BufReader::new(stream);
        while let Some(target) = read_request(&mut reader)? {
            let (status, body) = match self.answer(&target) {
                Ok(answer) => answer,
                Err(reason) => ("400 Bad Request", reason),
            };
            let mut writer = stream;
            writer.write_all(response(status, &body).as_bytes())?;
        }
        Ok(())
    }

    fn answer(&self, target: &str) -> Result<(&'static str, String), String> {
        let (request, query) = target.split_once('?').unwrap_or((target, ""));
        match request {
            "POST /change" => self.change(query).map(|()| ("204 No Content", String::new())),
            "GET /state" => Ok(("200 OK", self.state())),
            _ => Ok(("404 Not Found", "there are POST /change?sequence=N&resource=I and GET /state".to_owned())),
        }
    }

    fn change(&self, query: &str) -> Result<(), String> {
        let sequence = parameter(query, "sequence").and_then(|text| text.parse().ok());
        let sequence = sequence.filter(|sequence| (1..=MAX_SEQUENCE).contains(sequence));
        let sequence = sequence.ok_or_else(|| format!("sequence: a number from 1 to {MAX_SEQUENCE}"))?;
        let mut latest = self.latest.lock().expect("no holder of this lock panics");
        let touched = read_touched(parameter(query, "resource"), latest.shape.resources)?;
        *latest = Arc::new(latest.changed(sequence, touched.into_iter()));
        // Still locked, so that an older snapshot never follows a newer one.
        (self.publish)(Arc::clone(&latest));
        Ok(())
    }

    fn state(&self) -> String {
        let latest = self.latest.lock().expect("no holder of this lock panics").clone();
        let (sequence, kind, bytes) = (latest.sequence, latest.shape.kind.name(), latest.bytes());
        let (resources, endpoints) = (latest.shape.resources, latest.shape.endpoints);
        format!(
            "{{\"sequence\":{sequence},\"type\":\"{kind}\",\"resources\":{resources},\"endpoints\":{endpoints},\"bytes\":{bytes}}}"
        )
    }
}

fn read_touched(given: Option<String>, resources: usize) -> Result<Vec<usize>, String> {
    let text = given.ok_or("resource: a number, several with commas between them, or all")?;
    if text == "all" {
        return Ok((0..resources).collect());
    }
    let read = |part: &str| part.parse().ok().filter(|index| *index < resources);
    let touched: Option<Vec<usize>> = text.split(',').map(read).collect();
    touched.ok_or_else(|| format!("resource={text}: numbers from 0 to {}, or all", resources - 1))
}

/// The value of a query's parameter; of what may be escaped, only a comma can stand in ours.
fn parameter(query: &str, name: &str) -> Option<String> {
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(key, _)| *key == name)?;
    Some(value.replace("%2C", ",").replace("%2c", ","))
}

/// Reads a request, body and all: `METHOD /target`; `None` when the client is done.
fn read_request(reader: &mut BufReader<&TcpStream>) -> io::Result<Option<String>> {
    let mut head = Vec::new();
    let mut body_bytes = 0;
    loop {
        let line_start = head.len();
        let left = MAX_REQUEST_BYTES.saturating_sub(line_start as u64);
        if reader.by_ref().take(left).read_until(b'\n', &mut head)? == 0 {
            return if line_start == 0 { Ok(None) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
        }
        let line = String::from_utf8_lossy(&head[line_start..]);
        let line = line.trim_end();
        if line.is_empty() && line_start > 0 {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            body_bytes = value.trim().parse().map_err(|_| io::ErrorKind::InvalidData)?;
        }
    }
    if body_bytes > MAX_REQUEST_BYTES {
        return Err(io::ErrorKind::InvalidData.into());
    }
    io::copy(&mut reader.by_ref().take(body_bytes), &mut io::sink())?;
    let head = String::from_utf8_lossy(&head);
    let request = head.lines().next().unwrap_or_default();
    Ok(Some(request.rsplit_once(' ').map_or(request, |(target, _)| target).to_owned()))
}

fn response(status: &str, body: &str) -> String {
    let length = body.len();
    match status {
        "204 No Content" => format!("HTTP/1.1 {status}\r\n\r\n"),
        "200 OK" => {
            format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}")
        }
        _ => format!("HTTP/1.1 {status}\r\ncontent-type: text/plain\r\ncontent-length: {length}\r\n\r\n{body}"),
    }
}
