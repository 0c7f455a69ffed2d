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
	refused    = "refused"    // another status than 200
	unfinished = "unfinished" // given up at the limit
)

// stream is one reader's. Times in microseconds; lateness: of each token, from its writing upstream to here.
type stream struct {
	firstToken int32
	lateness   []int32
	end        string
	why        string
}

func (s *stream) run(address string, request []byte, tokens int, limit time.Time) {
	err := s.read(address, request, limit)
	switch {
	case isTimeout(err):
		s.end = unfinished
	case s.end == refused:
	case err == nil && len(s.lateness) == tokens:
		s.end = complete
	default:
		s.end = cut
		s.why = fmt.Sprintf("%d of %d tokens, then: %v", len(s.lateness), tokens, err)
	}
}

// read returns nil at the stream's proper end.
func (s *stream) read(address string, request []byte, limit time.Time) error {
	dialer := net.Dialer{Deadline: limit}
	connection, err := dialer.Dial("tcp", address)
	if err != nil {
		return err
	}
	defer connection.Close()
	connection.SetDeadline(limit)
	asked := time.Now()
	if _, err := connection.Write(request); err != nil {
		return err
	}
	response, err := http.ReadResponse(bufio.NewReader(connection), nil)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		s.end, s.why = refused, response.Status
		return nil
	}
	lines := bufio.NewReader(response.Body)
	for {
		line, err := lines.ReadSlice('\n') // a longer one than the buffer comes in pieces
		s.note(line, asked)
		if err == io.EOF {
			return nil
		}
		if err != nil && err != bufio.ErrBufferFull {
			return err
		}
	}
}

// note looks for tokens only: the frames around them differ from contestant to contestant.
func (s *stream) note(line []byte, asked time.Time) {
	for written, rest := nextStamp(line); written != 0; written, rest = nextStamp(rest) {
		now := time.Now()
		if len(s.lateness) == 0 {
			s.firstToken = int32(now.Sub(asked).Microseconds())
		}
		s.lateness = append(s.lateness, int32(now.UnixMicro()-written))
	}
}

func isTimeout(err error) bool {
	var failed net.Error
	return errors.As(err, &failed) && failed.Timeout()
}
