// The benchmark's workload on go-control-plane: see README.md of this folder.
package main

import (
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
	"time"
)

func main() {
	var w workload
	xdsPort := flag.Int("xds-port", 0, "where xDS is served; 0 takes any")
	controlPort := flag.Int("control-port", 0, "where changes are taken; 0 takes any")
	flag.IntVar(&w.resources, "resources", 10, "how many resources there are")
	flag.IntVar(&w.endpoints, "endpoints", 30, "how many endpoints a resource has")
	flag.StringVar(&w.kind, "type", "endpoints", "endpoints or clusters")
	cacheKind := flag.String("cache", "snapshot", "snapshot or linear")
	certFile := flag.String("tls-cert", "", "serve xDS over TLS by this certificate (PEM)")
	keyFile := flag.String("tls-key", "", "its private key (PEM)")
	caFile := flag.String("tls-ca", "", "ask clients for a certificate of this authority (PEM)")
	wantsVersion := flag.Bool("version", false, "print versions and end")
	flag.Parse()
	if *wantsVersion {
		fmt.Println(versions())
		return
	}
	if flag.NArg() > 0 {
		refuse(fmt.Errorf("unknown argument %q", flag.Arg(0)))
	}
	refuse(w.check())
	served, err := newStore(*cacheKind, w)
	refuse(err)
	security, err := readSecurity(*certFile, *keyFile, *caFile)
	refuse(err)

	changes := &control{state: newState(w), store: served}
	fail(changes.store.take(changes.state, changes.state.all()))
	xds, err := listen(*xdsPort)
	fail(err)
	admin, err := listen(*controlPort)
	fail(err)
	grpcServer := newXDSServer(served, security)
	go func() { fail(grpcServer.Serve(xds)) }()
	controlServer := &http.Server{Handler: changes.handler(), ReadHeaderTimeout: 10 * time.Second}
	go func() { fail(controlServer.Serve(admin)) }()
	fmt.Printf("{\"xds\":%d,\"control\":%d,\"pid\":%d}\n", portOf(xds), portOf(admin), os.Getpid())

	waitForEnd()
	// Streams never end by themselves, so there is nothing to wait for.
	os.Exit(0)
}

func listen(port int) (net.Listener, error) {
	return net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
}

func portOf(listener net.Listener) int { return listener.Addr().(*net.TCPAddr).Port }

// waitForEnd returns at a signal, or when standard input closes: with who started this.
func waitForEnd() {
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGTERM, syscall.SIGINT)
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		ended <- syscall.SIGTERM
	}()
	<-ended
}

func versions() string {
	of := map[string]string{}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, module := range info.Deps {
			of[module.Path] = strings.TrimPrefix(module.Version, "v")
		}
	}
	return fmt.Sprintf("go-control-plane %s, grpc-go %s, %s",
		of["github.com/envoyproxy/go-control-plane"], of["google.golang.org/grpc"], runtime.Version())
}

func refuse(err error) { end(err, 2) }

func fail(err error) { end(err, 1) }

func end(err error, code int) {
	if err == nil {
		return
	}
	fmt.Fprintf(os.Stderr, "fairlead-bench-go: %s\n", err)
	os.Exit(code)
}
