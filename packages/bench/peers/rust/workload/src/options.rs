use std::collections::HashMap;

/// What a resource of the workload is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Endpoints,
    Clusters,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Kind::Endpoints => "endpoints",
            Kind::Clusters => "clusters",
        }
    }

    pub fn type_url(self) -> &'static str {
        match self {
            Kind::Endpoints => "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment",
            Kind::Clusters => "type.googleapis.com/envoy.config.cluster.v3.Cluster",
        }
    }
}

/// How large the workload is.
#[derive(Clone, Copy)]
pub struct Shape {
    pub kind: Kind,
    pub resources: usize,
    pub endpoints: usize,
}

/// Files in PEM; with `ca`, clients must show a certificate of it.
pub struct Tls {
    pub cert: String,
    pub key: String,
    pub ca: Option<String>,
}

pub struct Options {
    /// 0: any.
    pub xds_port: u16,
    /// 0: any.
    pub control_port: u16,
    pub shape: Shape,
    pub tls: Option<Tls>,
    /// `--mode`, for the peer that has one.
    pub mode: Option<String>,
    pub version: bool,
}

const FLAGS: [&str; 9] =
    ["xds-port", "control-port", "resources", "endpoints", "type", "tls-cert", "tls-key", "tls-ca", "mode"];
/// The third octet of an address numbers the endpoint, from 1.
const MAX_ENDPOINTS: usize = 250;
/// The middle octets of an address number the resource.
const MAX_RESOURCES: usize = 65_536;

/// Reads `--flag value` and `--flag=value`. The error says which flag is wrong and what it takes.
pub fn read(args: impl Iterator<Item = String>) -> Result<Options, String> {
    let mut version = false;
    let mut given = HashMap::new();
    let mut args = args;
    while let Some(arg) = args.next() {
        if arg == "--version" {
            version = true;
            continue;
        }
        let flag = arg.strip_prefix("--").ok_or_else(|| format!("{arg}: only flags are taken"))?;
        let (name, value) = match flag.split_once('=') {
            Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
            None => (flag.to_owned(), args.next()),
        };
        if !FLAGS.contains(&name.as_str()) {
            return Err(format!("--{name} is unknown: there are --{}", FLAGS.join(", --")));
        }
        let value = value.ok_or_else(|| format!("--{name} needs a value"))?;
        given.insert(name, value);
    }
    let kind = match given.get("type").map_or("endpoints", String::as_str) {
        "endpoints" => Kind::Endpoints,
        "clusters" => Kind::Clusters,
        other => return Err(format!("--type {other}: it is endpoints or clusters")),
    };
    let shape = Shape {
        kind,
        resources: number(&given, "resources", 10, 1, MAX_RESOURCES)?,
        endpoints: number(&given, "endpoints", 30, 1, MAX_ENDPOINTS)?,
    };
    let tls = match (given.remove("tls-cert"), given.remove("tls-key"), given.remove("tls-ca")) {
        (None, None, None) => None,
        (Some(cert), Some(key), ca) => Some(Tls { cert, key, ca }),
        _ => return Err("--tls-cert and --tls-key go together, --tls-ca only with them".to_owned()),
    };
    Ok(Options {
        xds_port: number(&given, "xds-port", 0, 0, 65_535)? as u16,
        control_port: number(&given, "control-port", 0, 0, 65_535)? as u16,
        shape,
        tls,
        mode: given.remove("mode"),
        version,
    })
}

fn number(
    given: &HashMap<String, String>,
    name: &str,
    default: usize,
    from: usize,
    to: usize,
) -> Result<usize, String> {
    let Some(text) = given.get(name) else { return Ok(default) };
    match text.parse() {
        Ok(value) if (from..=to).contains(&value) => Ok(value),
        _ => Err(format!("--{name} {text}: it is a number from {from} to {to}")),
    }
}
