package main

import (
	"io"
	"os"
	"path/filepath"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// smallFile is read before a person could look at a progress bar.
const smallFile = 1 << 20

// progressOn returns what shows how far a file has been read, nil when stderr
// is not a terminal.
func progressOn(stderr *os.File) func(path string, size int64) io.WriteCloser {
	if !term.IsTerminal(int(stderr.Fd())) {
		return nil
	}
	return func(path string, size int64) io.WriteCloser {
		if size < smallFile {
			return nopCloser{io.Discard}
		}
		return progressbar.NewOptions64(size,
			progressbar.OptionSetWriter(stderr),
			progressbar.OptionSetDescription(filepath.Base(path)),
			progressbar.OptionShowBytes(true),
			progressbar.OptionThrottle(100_000_000),
			progressbar.OptionClearOnFinish(),
		)
	}
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }
