package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"net/url"
	"os"
	"sync"
	"time"
)

// runClients opens the streams, evenly spread over a time, and prints their summary as JSON.
func runClients(arguments []string) {
	flags := flag.NewFlagSet("load clients", flag.ExitOnError)
	address := flags.String("url", "", "where each request goes")
	accept := flags.String("accept", "text/event-stream", "the Accept header of each request")
	contentType := flags.String("content-type", "text/plain", "the Content-Type of each request")
	body := flags.String("body", "", "the body of each request")
	streams := flags.Int("streams", 50, "number of streams")
	tokens := flags.Int("tokens", 200, "tokens that each stream must bring")
	spread := flags.Duration("spread", time.Second, "all streams begin within this time")
	limit := flags.Duration("limit", time.Minute, "a stream that takes longer is given up")
	flags.Parse(arguments)
	target, err := url.Parse(*address)
	if err != nil {
		log.Fatalf("-url: %v", err)
	}
	// One connection per stream, for every contender alike.
	request := fmt.Sprintf("POST %s HTTP/1.1\r\nHost: %s\r\nAccept: %s\r\nContent-Type: %s\r\n"+
		"Content-Length: %d\r\nConnection: close\r\n\r\n%s",
		target.RequestURI(), target.Host, *accept, *contentType, len(*body), *body)

	all := make([]stream, *streams)
	began := time.Now()
	var open sync.WaitGroup
	for number := range all {
		all[number].addedLatency = make([]int32, 0, *tokens)
		open.Add(1)
		go func(s *stream, delay time.Duration) {
			defer open.Done()
			time.Sleep(delay)
			s.run(target.Host, []byte(request), *tokens, time.Now().Add(*limit))
		}(&all[number], *spread*time.Duration(number)/time.Duration(*streams))
	}
	open.Wait()
	summary := summarize(all, time.Since(began))
	if err := json.NewEncoder(os.Stdout).Encode(summary); err != nil {
		log.Fatal(err)
	}
}
