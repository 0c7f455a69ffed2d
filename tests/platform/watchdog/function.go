package main

import (
	"bufio"
	"io"
	"log"
	"os"
	"os/exec"
	"syscall"
)

type function struct {
	command *exec.Cmd
	stdin   io.WriteCloser // kept open: its end shows the process that the watchdog has ended
}

// startFunction runs fprocess. If the process fails, the watchdog ends too. If it exits with 0, the watchdog stays healthy,
// with nothing behind it.
func startFunction(s settings) (*function, error) {
	f := &function{command: exec.Command(s.command[0], s.command[1:]...)}
	stdout, err := f.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	stderr, err := f.command.StderrPipe()
	if err != nil {
		return nil, err
	}
	if f.stdin, err = f.command.StdinPipe(); err != nil {
		return nil, err
	}
	if err := f.command.Start(); err != nil {
		return nil, err
	}
	go relayLines("stdout", stdout, os.Stdout, s)
	go relayLines("stderr", stderr, os.Stderr, s)
	go func() {
		// Waiting closes the pipes: last lines may be lost, as they may on the platform.
		if err := f.command.Wait(); err != nil {
			log.Fatalf("the function's process has ended: %v", err)
		}
	}()
	return f, nil
}

// terminate forwards the watchdog's own SIGTERM at once (T8).
func (f *function) terminate() {
	if err := f.command.Process.Signal(syscall.SIGTERM); err != nil {
		log.Printf("cannot hand SIGTERM on: %v", err)
	}
}

// relayLines copies lines until the pipe ends, or until one does not fit in log_buffer_size: from then on nobody reads
// the pipe, and a process that goes on writing blocks (T10).
func relayLines(name string, pipe io.Reader, output io.Writer, s settings) {
	lines := log.New(output, "", 0)
	if s.prefixLogs {
		lines = log.New(output, name+": ", log.LstdFlags|log.Lmsgprefix)
	}
	if s.logBufferSize < 0 {
		relayLinesOfAnyLength(pipe, lines)
		return
	}
	scanner := bufio.NewScanner(pipe)
	scanner.Buffer(make([]byte, s.logBufferSize), s.logBufferSize)
	for scanner.Scan() {
		lines.Print(scanner.Text())
	}
	if err := scanner.Err(); err != nil {
		log.Printf("%s of the function is no longer read: %v", name, err)
	}
}

// relayLinesOfAnyLength drops a last line that has no end, as the platform does.
func relayLinesOfAnyLength(pipe io.Reader, lines *log.Logger) {
	reader := bufio.NewReader(pipe)
	for {
		line, err := reader.ReadString('\n')
		if err != nil {
			return
		}
		lines.Print(line)
	}
}
