// The xDS client and server of grpc-go as a test program. ../grpc-clients.md says what its commands and answers mean.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	xdscredentials "google.golang.org/grpc/credentials/xds"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/xds"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

const (
	service     = "fairlead.test.Who"
	method      = "/fairlead.test.Who/Ask"
	maxMessages = 50
)

type command struct {
	ID          int               `json:"id"`
	Do          string            `json:"do"`
	Channel     string            `json:"channel"`
	Target      string            `json:"target"`
	Calls       int64             `json:"calls"`
	Concurrency int               `json:"concurrency"`
	PauseMs     int               `json:"pauseMs"`
	TimeoutMs   int               `json:"timeoutMs"`
	Headers     map[string]string `json:"headers"`
	Address     string            `json:"address"`
	Name        string            `json:"name"`
}

type channel struct {
	conn *grpc.ClientConn
	load *load
}

type load struct {
	left  atomic.Int64
	done  sync.WaitGroup
	lock  sync.Mutex
	tally tally
}

type tally struct {
	OK     int            `json:"ok"`
	Failed int            `json:"failed"`
	By     map[string]int `json:"by"`
	Errors map[string]int `json:"errors"`
}

type result map[string]any

var (
	writing  sync.Mutex
	lock     sync.Mutex
	channels = map[string]*channel{}
)

func main() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var c command
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		go func() {
			answer, err := run(c)
			if err != nil {
				answer = result{"error": err.Error()}
			}
			answer["id"] = c.ID
			tell(answer)
		}()
	}
}

func tell(line result) {
	writing.Lock()
	defer writing.Unlock()
	if err := json.NewEncoder(os.Stdout).Encode(line); err != nil {
		os.Exit(1)
	}
}

func run(c command) (result, error) {
	switch c.Do {
	case "open":
		return open(c)
	case "serve":
		return serve(c)
	}
	ch, err := find(c.Channel)
	if err != nil {
		return nil, err
	}
	switch c.Do {
	case "call":
		l := start(ch.conn, c, c.Calls)
		l.done.Wait()
		return result{"tally": l.tally}, nil
	case "load":
		ch.load = start(ch.conn, c, 1<<60)
		return result{}, nil
	case "stop":
		ch.load.left.Store(0)
		ch.load.done.Wait()
		return result{"tally": ch.load.tally}, nil
	case "close":
		lock.Lock()
		delete(channels, c.Channel)
		lock.Unlock()
		return result{}, ch.conn.Close()
	}
	return nil, fmt.Errorf("unknown command %q", c.Do)
}

func open(c command) (result, error) {
	creds, err := xdscredentials.NewClientCredentials(xdscredentials.ClientOptions{FallbackCreds: insecure.NewCredentials()})
	if err != nil {
		return nil, err
	}
	conn, err := grpc.NewClient(c.Target, grpc.WithTransportCredentials(creds))
	if err != nil {
		return nil, err
	}
	lock.Lock()
	channels[c.Channel] = &channel{conn: conn}
	lock.Unlock()
	return result{}, nil
}

func find(name string) (*channel, error) {
	lock.Lock()
	defer lock.Unlock()
	if ch, ok := channels[name]; ok {
		return ch, nil
	}
	return nil, fmt.Errorf("no channel %q is open", name)
}

func start(conn *grpc.ClientConn, c command, calls int64) *load {
	l := &load{tally: tally{By: map[string]int{}, Errors: map[string]int{}}}
	l.left.Store(calls)
	for range max(1, c.Concurrency) {
		l.done.Add(1)
		go func() {
			defer l.done.Done()
			for l.left.Add(-1) >= 0 {
				l.note(ask(conn, c))
				time.Sleep(time.Duration(c.PauseMs) * time.Millisecond)
			}
		}()
	}
	return l
}

func ask(conn *grpc.ClientConn, c command) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(c.TimeoutMs)*time.Millisecond)
	defer cancel()
	for key, value := range c.Headers {
		ctx = metadata.AppendToOutgoingContext(ctx, key, value)
	}
	var response wrapperspb.StringValue
	err := conn.Invoke(ctx, method, &wrapperspb.StringValue{}, &response)
	return response.GetValue(), err
}

func (l *load) note(by string, err error) {
	l.lock.Lock()
	defer l.lock.Unlock()
	if err == nil {
		l.tally.OK++
		l.tally.By[by]++
		return
	}
	l.tally.Failed++
	text := status.Code(err).String() + ": " + status.Convert(err).Message()
	if _, known := l.tally.Errors[text]; known || len(l.tally.Errors) < maxMessages {
		l.tally.Errors[text]++
	}
}

// An xDS-enabled server: its listener, routes and filters come from the control plane. Each change of mode is told.
func serve(c command) (result, error) {
	creds, err := xdscredentials.NewServerCredentials(xdscredentials.ServerOptions{FallbackCreds: insecure.NewCredentials()})
	if err != nil {
		return nil, err
	}
	tellMode := xds.ServingModeCallback(func(address net.Addr, args xds.ServingModeChangeArgs) {
		line := result{"serving": address.String(), "mode": args.Mode.String()}
		if args.Err != nil {
			line["message"] = args.Err.Error()
		}
		tell(line)
	})
	server, err := xds.NewGRPCServer(grpc.Creds(creds), tellMode)
	if err != nil {
		return nil, err
	}
	server.RegisterService(&grpc.ServiceDesc{
		ServiceName: service,
		HandlerType: (*any)(nil),
		Methods:     []grpc.MethodDesc{{MethodName: "Ask", Handler: answerWith(c.Name)}},
	}, struct{}{})
	listener, err := net.Listen("tcp", c.Address)
	if err != nil {
		return nil, err
	}
	go func() {
		if err := server.Serve(listener); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}()
	return result{"address": listener.Addr().String()}, nil
}

type handler = func(any, context.Context, func(any) error, grpc.UnaryServerInterceptor) (any, error)

func answerWith(name string) handler {
	return func(_ any, ctx context.Context, decode func(any) error, intercept grpc.UnaryServerInterceptor) (any, error) {
		var request wrapperspb.StringValue
		if err := decode(&request); err != nil {
			return nil, err
		}
		answer := func(context.Context, any) (any, error) { return wrapperspb.String(name), nil }
		if intercept == nil {
			return answer(ctx, &request)
		}
		return intercept(ctx, &request, &grpc.UnaryServerInfo{FullMethod: method}, answer)
	}
}
