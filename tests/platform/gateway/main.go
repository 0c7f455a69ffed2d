// A stand-in for what is in front of a watchdog: the gateway, the provider (faas-netes or faasd), and the worker of
// asynchronous calls, as clients and functions see them from outside. A T number in a comment names the trap of
// docs/platform.md that the line reproduces.
//
// settings.go reads the environment, hop.go relays a call as both servers do, gateway.go and provider.go say what each
// of them adds, worker.go takes the asynchronous calls, and this file puts the parts together.
package main

import (
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
)

func main() {
	s, err := readSettings(os.LookupEnv)
	if err != nil {
		log.Fatalf("gateway stand-in: %v", err)
	}
	// Loopback only, because this is a tool for tests. The provider's port may be any.
	behind := listen("127.0.0.1:0")
	front := listen("127.0.0.1:" + strconv.Itoa(s.port))

	serve(behind, newProvider(s), s.provider)
	gateway := newGateway(s, behind.Addr().String())
	work := newWorker(front.Addr().String())
	go work.run()
	log.Printf("stand-in for the gateway and %s, port %d, functions: %v", s.flavour, s.port, s.functions)
	serve(front, routes(gateway, work), s.gateway)
	select {}
}

func listen(address string) net.Listener {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		log.Fatalf("gateway stand-in: %v", err)
	}
	return listener
}

func serve(listener net.Listener, handler http.Handler, limits timeouts) {
	server := &http.Server{Handler: handler, ReadTimeout: limits.read, WriteTimeout: limits.write}
	go func() { log.Fatalf("cannot serve: %v", server.Serve(listener)) }()
}
