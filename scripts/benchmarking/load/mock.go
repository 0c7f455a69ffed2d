package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"math/rand"
	"net"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"time"
)

const (
	interval = time.Second / 20
	// Behind a watchdog, answers of a Go upstream that answers within microseconds are cut now and then (T17).
	thinking = 3 * time.Millisecond
	// The JSON that OpenAI sends around a delta.
	head = `data: {"id":"chatcmpl-Dx0Xq5Xx9rHB2ehcHZCRDsnuymUXc","object":"chat.completion.chunk","created":1782955818,` +
		`"model":"gpt-4o-mini-2024-07-18","service_tier":"default","system_fingerprint":"fp_d0469e1700","choices":[`
	choice = `{"index":0,"delta":%s,"logprobs":null,"finish_reason":%s}`
	tail   = `],%s"obfuscation":"auU6fTnsWq"}` + "\n\n"
	usage  = `"usage":{"prompt_tokens":20,"completion_tokens":%d,"total_tokens":%d},`
)

// The prompt says how many tokens to send, because every contender passes the prompt on.
var wanted = regexp.MustCompile(`tokens=(\d+)`)

// serveMock is an upstream that speaks OpenAI's protocol on a free port. It prints the port first, and ends when its
// stdin is closed.
func serveMock() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatalf("mock: cannot listen: %v", err)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	go func() {
		io.Copy(io.Discard, os.Stdin)
		os.Exit(0) // the process that started this one has ended
	}()
	http.HandleFunc("/v1/chat/completions", answer)
	log.Fatal(http.Serve(listener, nil))
}

func answer(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	found := wanted.FindSubmatch(body)
	if err != nil || found == nil {
		http.Error(w, `{"error": {"message": "expected tokens=<number> in the prompt"}}`, http.StatusBadRequest)
		return
	}
	tokens, _ := strconv.Atoi(string(found[1]))
	var request struct {
		StreamOptions struct {
			IncludeUsage bool `json:"include_usage"`
		} `json:"stream_options"`
	}
	json.Unmarshal(body, &request) // a body that is no JSON gets no usage
	time.Sleep(thinking)
	w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	send(w, r, tokens, request.StreamOptions.IncludeUsage)
}

// send writes the first token at once, and each other token at its own time, however late the one before it was.
func send(w http.ResponseWriter, r *http.Request, tokens int, withUsage bool) {
	noUsage := ""
	if withUsage {
		noUsage = `"usage":null,`
	}
	chunk := func(delta, reason string) string {
		return head + fmt.Sprintf(choice, delta, reason) + fmt.Sprintf(tail, noUsage)
	}
	flusher := w.(http.Flusher)
	io.WriteString(w, chunk(`{"role":"assistant","content":"","refusal":null}`, "null"))
	before := head + `{"index":0,"delta":{"content":"`
	after := `"},"logprobs":null,"finish_reason":null}` + fmt.Sprintf(tail, noUsage)
	buffer := append(make([]byte, 0, 512), before...)
	// Streams that begin at the same time must not send their later tokens at the same time.
	next := time.Now().Add(time.Duration(rand.Int63n(int64(interval))))
	for token := 0; token < tokens; token++ {
		if token > 0 {
			time.Sleep(time.Until(next))
			next = next.Add(interval)
		}
		buffer = append(appendStamp(buffer[:len(before)]), after...)
		if _, err := w.Write(buffer); err != nil || r.Context().Err() != nil {
			return // the client has disconnected
		}
		flusher.Flush()
	}
	io.WriteString(w, chunk("{}", `"stop"`))
	if withUsage {
		io.WriteString(w, head+fmt.Sprintf(tail, fmt.Sprintf(usage, tokens, tokens+20)))
	}
	io.WriteString(w, "data: [DONE]\n\n")
}
