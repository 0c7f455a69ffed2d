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

// read opens the streams, spread evenly over a second, and prints what became of them as JSON.
func read(arguments []string) {
	flags := flag.NewFlagSet("load readers", flag.ExitOnError)
	address := flags.String("url", "", "what is asked")
	contentType := flags.String("content-type", "text/plain", "the body's")
	body := flags.String("body", "", "what is sent")
	streams := flags.Int("streams", 50, "how many")
	tokens := flags.Int("tokens", 200, "what each stream is expected to bring")
	limit := flags.Duration("limit", time.Minute, "a stream that lasts longer is given up")
	flags.Parse(arguments)
	asked, err := url.Parse(*address)
	if err != nil {
		log.Fatalf("-url: %v", err)
	}
	// A connection for each stream, for every contestant alike.
	request := fmt.Sprintf("POST %s HTTP/1.1\r\nHost: %s\r\nAccept: text/event-stream\r\nContent-Type: %s\r\n"+
		"Content-Length: %d\r\nConnection: close\r\n\r\n%s",
		asked.RequestURI(), asked.Host, *contentType, len(*body), *body)

	all := make([]stream, *streams)
	began := time.Now()
	var open sync.WaitGroup
	for number := range all {
		all[number].lateness = make([]int32, 0, *tokens)
		open.Add(1)
		go func(s *stream, after time.Duration) {
			defer open.Done()
			time.Sleep(after)
			s.run(asked.Host, []byte(request), *tokens, time.Now().Add(*limit))
		}(&all[number], time.Second*time.Duration(number)/time.Duration(*streams))
	}
	open.Wait()
	summary := summarize(all, time.Since(began))
	if err := json.NewEncoder(os.Stdout).Encode(summary); err != nil {
		log.Fatal(err)
	}
}
