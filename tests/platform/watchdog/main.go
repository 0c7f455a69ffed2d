// A stand-in for of-watchdog's HTTP mode: one server in front of one function process, as a function sees it from outside.
// A T number in a comment names the trap of docs/platform.md that the line reproduces.
//
// settings.go reads the environment, function.go runs the process and its log lines, proxy.go relays the calls,
// routes.go, health.go and limit.go handle a call before it, and this file puts the parts together and ends them.
package main

import (
	"context"
	"log"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"
)

func main() {
	s, err := readSettings(os.LookupEnv)
	if err != nil {
		log.Fatalf("watchdog stand-in: %v", err)
	}
	log.Printf("stand-in for of-watchdog, port %d, command %q, timeouts read: %s write: %s exec: %s health: %s",
		s.port, s.command, s.readTimeout, s.writeTimeout, s.execTimeout, s.healthcheckInterval)

	terminated := make(chan os.Signal, 1)
	signal.Notify(terminated, syscall.SIGTERM)

	fn, err := startFunction(s)
	if err != nil {
		log.Fatalf("cannot start fprocess %q: %v", s.command, err)
	}

	calls := newProxy(s)
	limit := &limiter{next: calls, max: s.maxInflight}
	state := &health{lockFile: s.lockFile, readyPath: s.readyPath, function: calls, limit: limit}
	// Loopback only, because this is a tool for tests; the real one listens on every interface.
	server := &http.Server{
		Addr:           "127.0.0.1:" + strconv.Itoa(s.port),
		Handler:        routes(state, limit),
		ReadTimeout:    s.readTimeout,
		WriteTimeout:   s.writeTimeout,
		MaxHeaderBytes: 1 << 20,
	}

	drained := make(chan struct{})
	go func() {
		<-terminated
		fn.terminate()
		state.close()
		drain(server, s)
		close(drained)
	}()
	go func() {
		if err := server.ListenAndServe(); err != http.ErrServerClosed {
			log.Printf("cannot serve: %v", err)
			os.Exit(0) // the platform does the same if the port is taken
		}
	}()

	if s.suppressLock {
		state.open()
	} else if err := state.openWithLock(); err != nil {
		log.Printf("cannot write the lock file: %v", err)
		os.Exit(0) // the platform does the same for a TMPDIR that it cannot write to
	}
	<-drained
}

// drain lets calls in for healthcheck_interval, and then waits for those that are open (T9).
func drain(server *http.Server, s settings) {
	log.Printf("SIGTERM: new calls are served for %s more", s.healthcheckInterval)
	pause(s.healthcheckInterval)
	// Nothing lives longer than write_timeout, which cuts it.
	ctx, cancel := context.WithTimeout(context.Background(), s.writeTimeout)
	defer cancel()
	log.Print("draining")
	if err := server.Shutdown(ctx); err != nil {
		log.Printf("calls left open: %v", err)
	}
	log.Print("drained")
}

// pause never returns for a duration of 0: with healthcheck_interval=0 the platform never drains (T9).
func pause(d time.Duration) {
	if d <= 0 {
		select {}
	}
	time.Sleep(d)
}
