// Both ends of the benchmark: `load mock` is the upstream that every contestant asks, `load readers` are those who ask
// the contestants. Each token carries the time at which it was written (stamp.go), so lateness needs no bookkeeping.
//
// mock.go is the upstream, readers.go opens the streams, stream.go reads one, summary.go is what is told of them.
package main

import (
	"log"
	"os"
	"runtime/debug"
)

func main() {
	log.SetFlags(0)
	debug.SetGCPercent(400) // a collection's pause would count as a contestant's lateness
	if len(os.Args) < 2 {
		log.Fatal("usage: load mock | load readers -url URL -body TEXT …")
	}
	switch mode, arguments := os.Args[1], os.Args[2:]; mode {
	case "mock":
		serveMock()
	case "readers":
		read(arguments)
	default:
		log.Fatalf("no mode %q: expected mock or readers", mode)
	}
}
