// Both ends of the benchmark's traffic: `load mock` is the upstream that every contender calls, `load clients` are the
// clients that call a contender. Each token carries the time at which upstream wrote it (stamp.go), so that a client
// can compute the added latency from the token alone.
//
// mock.go is the upstream, clients.go opens the streams, stream.go reads one stream, summary.go is what is printed.
package main

import (
	"log"
	"os"
	"runtime/debug"
)

func main() {
	log.SetFlags(0)
	debug.SetGCPercent(400) // a pause of the garbage collector would count as the contender's added latency
	if len(os.Args) < 2 {
		log.Fatal("usage: load mock | load clients -url URL -body TEXT …")
	}
	switch mode, arguments := os.Args[1], os.Args[2:]; mode {
	case "mock":
		serveMock()
	case "clients":
		runClients(arguments)
	default:
		log.Fatalf("no mode %q: expected mock or clients", mode)
	}
}
