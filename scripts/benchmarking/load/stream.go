package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// How a stream can end.
const (
	complete   = "complete"
	cut        = "cut"        // it ended without all of its tokens, or with more
	refused    = "refused"    // the status was not 200
	unfinished = "unfinished" // it was given up at the limit
)

// stream is what one client saw, in microseconds. addedLatency has one value per token: from upstream's write of the
// token to the client's read.
type stream struct {
	firstToken   int32
	addedLatency []int32
	end          string
	reason       string
}

func (s *stream) run(address string, request []byte, tokens int, limit time.Time) {
	err := s.read(address, request, limit)
	switch {
	case isTimeout(err):
		s.end = unfinished
	case s.end == refused:
	case err == nil && len(s.addedLatency) == tokens:
		s.end = complete
	default:
		s.end = cut
		s.reason = fmt.Sprintf("%d of %d tokens, then: %v", len(s.addedLatency), tokens, err)
	}
}

// read returns nil if the response ended properly.
func (s *stream) read(address string, request []byte, limit time.Time) error {
	dialer := net.Dialer{Deadline: limit}
	connection, err := dialer.Dial("tcp", address)
	if err != nil {
		return err
	}
	defer connection.Close()
	connection.SetDeadline(limit)
	sent := time.Now()
	if _, err := connection.Write(request); err != nil {
		return err
	}
	response, err := http.ReadResponse(bufio.NewReader(connection), nil)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		s.end, s.reason = refused, response.Status
		return nil
	}
	lines := bufio.NewReader(response.Body)
	for {
		line, err := lines.ReadSlice('\n') // a line longer than the buffer comes in pieces
		s.note(line, sent)
		if err == io.EOF {
			return nil
		}
		if err != nil && err != bufio.ErrBufferFull {
			return err
		}
	}
}

// note looks for tokens only, because the frames around them differ from contender to contender.
func (s *stream) note(line []byte, sent time.Time) {
	for written, rest := nextStamp(line); written != 0; written, rest = nextStamp(rest) {
		now := time.Now()
		if len(s.addedLatency) == 0 {
			s.firstToken = int32(now.Sub(sent).Microseconds())
		}
		s.addedLatency = append(s.addedLatency, int32(now.UnixMicro()-written))
	}
}

func isTimeout(err error) bool {
	var failed net.Error
	return errors.As(err, &failed) && failed.Timeout()
}
