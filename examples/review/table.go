package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/shopspring/decimal"
	"golang.org/x/text/encoding/htmlindex"
)

// column is a field we look for and the header names we know it by. Headers
// are compared without case, spaces, dots, underscores and hyphens.
type column struct {
	field string
	known []string
}

// tableOptions say how a file is written, where it cannot be guessed.
type tableOptions struct {
	Columns      map[string]string // field -> header, before the known names
	Prefix       string            // of the fields in -columns, such as "invoices."
	Encoding     string            // a WHATWG label such as gbk. Defaults to UTF-8
	Delimiter    rune              // Defaults to the one that splits the header: , ; tab or |
	DecimalComma bool              // 1.234,56 instead of 1,234.56
	TimeLayout   string            // a Go layout such as 1/2/2006 15:04. Defaults to the layouts that mean the same everywhere
	Location     *time.Location    // zone of times without an offset. Defaults to UTC
	Progress     func(path string, size int64) io.WriteCloser
}

// fileError names the place in a file that cannot be read.
type fileError struct {
	File   string
	Line   int    // from 1; 0 for the file as a whole
	Column int    // number of the field from 1; 0 for the line as a whole
	Header string // what the header calls the column
	Value  string
	Reason string
}

func (e *fileError) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	if e.Line > 0 {
		fmt.Fprintf(&b, ": line %d", e.Line)
	}
	if e.Column > 0 {
		fmt.Fprintf(&b, ", column %d (%s)", e.Column, e.Header)
	}
	b.WriteString(": ")
	if e.Value != "" {
		fmt.Fprintf(&b, "%.60q ", e.Value)
	}
	b.WriteString(e.Reason)
	return b.String()
}

// csvTable is a CSV file with a header, read as a stream.
type csvTable struct {
	path    string
	csv     *csv.Reader
	header  []string
	index   map[string]int
	layout  string // of times: the one that fitted last
	line    int    // of the last whole record
	options tableOptions
	close   func()
}

// openTable opens path, which may be gzipped or "-" for standard input, and
// maps its header to the columns. The caller closes it.
func openTable(path string, columns []column, o tableOptions) (*csvTable, error) {
	t := &csvTable{path: path, options: o, layout: o.TimeLayout, close: func() {}}
	in, err := t.open()
	if err != nil {
		return nil, err
	}
	buf := bufio.NewReaderSize(in, 1<<16)
	if bom, _ := buf.Peek(3); bytes.Equal(bom, []byte("\uFEFF")) {
		_, _ = buf.Discard(3)
	} else if len(bom) > 1 && (bytes.Equal(bom[:2], []byte{0xff, 0xfe}) || bytes.Equal(bom[:2], []byte{0xfe, 0xff})) {
		t.close()
		return nil, &fileError{File: path, Reason: "the text is UTF-16: give -encoding utf-16"}
	}
	t.csv = csv.NewReader(buf)
	t.csv.ReuseRecord = true
	t.csv.Comma = o.Delimiter
	if t.csv.Comma == 0 {
		first, _ := buf.Peek(4096)
		t.csv.Comma = guessDelimiter(first)
	}
	header, err := t.csv.Read()
	if err != nil {
		t.close()
		if errors.Is(err, io.EOF) {
			return nil, &fileError{File: path, Reason: "the file is empty: it has no header line"}
		}
		return nil, t.readError(err)
	}
	t.header, t.line = slices.Clone(header), 1
	if strings.Contains(strings.Join(header, ""), "\r") {
		t.close()
		return nil, &fileError{File: path, Line: 1, Reason: "the lines end in a bare carriage return; save the file with line feeds"}
	}
	t.csv.FieldsPerRecord = len(header)
	if t.index, err = mapHeader(path, t.header, columns, o); err != nil {
		t.close()
		return nil, err
	}
	return t, nil
}

// open opens the file, its progress bar, gzip by content, and the encoding.
func (t *csvTable) open() (io.Reader, error) {
	file := os.Stdin
	if t.path != "-" {
		f, err := os.Open(t.path)
		if err != nil {
			return nil, err
		}
		file = f
	}
	var in io.Reader = file
	if t.options.Progress != nil {
		if info, err := file.Stat(); err == nil && info.Mode().IsRegular() {
			bar := t.options.Progress(t.path, info.Size())
			in = io.TeeReader(in, bar)
			t.close = func() { _ = bar.Close(); _ = file.Close() }
		}
	} else {
		t.close = func() { _ = file.Close() }
	}
	buf := bufio.NewReaderSize(in, 1<<16)
	in = buf
	if magic, _ := buf.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(buf)
		if err != nil {
			t.close()
			return nil, t.readError(err)
		}
		in = z
	}
	if t.options.Encoding != "" {
		enc, err := htmlindex.Get(t.options.Encoding)
		if err != nil {
			t.close()
			return nil, fmt.Errorf("-encoding %s: not a known encoding", t.options.Encoding)
		}
		in = enc.NewDecoder().Reader(in)
	}
	return in, nil
}

// readError puts the file and the line before what went wrong while reading.
func (t *csvTable) readError(err error) error {
	line := t.line
	var syntax *csv.ParseError
	switch {
	case errors.As(err, &syntax) && errors.Is(err, csv.ErrFieldCount):
		return &fileError{
			File: t.path, Line: syntax.Line,
			Reason: fmt.Sprintf("the header has %d columns, this line another number", len(t.header)),
		}
	case errors.As(err, &syntax):
		return &fileError{File: t.path, Line: syntax.Line, Reason: syntax.Err.Error()}
	case errors.Is(err, io.ErrUnexpectedEOF):
		return &fileError{File: t.path, Line: line, Reason: "the gzip stream ends early after this line: the file is truncated"}
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, gzip.ErrChecksum):
		return &fileError{File: t.path, Line: line, Reason: "the gzip stream is damaged"}
	}
	return &fileError{File: t.path, Line: line, Reason: err.Error()}
}

// rows yields the records after the header. A row is valid until the next one.
// A line with a wrong number of columns comes as a row with a *fileError; a
// broken stream ends the sequence with an error and no row.
func (t *csvTable) rows() iter.Seq2[row, error] {
	return func(yield func(row, error) bool) {
		for {
			rec, err := t.csv.Read()
			switch {
			case errors.Is(err, io.EOF):
				return
			case errors.Is(err, csv.ErrFieldCount):
				if !yield(row{t, rec}, t.readError(err)) {
					return
				}
			case err != nil:
				yield(row{}, t.readError(err))
				return
			default:
				t.line, _ = t.csv.FieldPos(0)
				if !yield(row{t, rec}, nil) {
					return
				}
			}
		}
	}
}

// row is one record of a csvTable.
type row struct {
	t   *csvTable
	rec []string
}

func (r row) has(field string) bool { _, ok := r.t.index[field]; return ok }

// text returns the trimmed field, empty when the table has no such column. The
// record is one string in memory; keep a clone of what outlives it.
func (r row) text(field string) string {
	i, ok := r.t.index[field]
	if !ok {
		return ""
	}
	return strings.TrimSpace(r.rec[i])
}

func (r row) fail(field, reason string) error {
	i := r.t.index[field]
	line, _ := r.t.csv.FieldPos(i)
	return &fileError{
		File: r.t.path, Line: line, Column: i + 1, Header: r.t.header[i],
		Value: strings.ToValidUTF8(r.rec[i], "?"), Reason: reason,
	}
}

// wholeDigits bounds a number of money or goods on either side of the point.
const wholeDigits = 18

// grouping is 1.234,56 and plain is 1234,56: with a decimal comma, a point
// stands only between groups of three.
var (
	grouping = regexp.MustCompile(`^[-+]?\d{1,3}(\.\d{3})+(,\d+)?$`)
	plain    = regexp.MustCompile(`^[-+]?\d*(,\d+)?$`)
)

func (r row) decimal(field string) (decimal.Decimal, error) {
	s := r.text(field)
	if r.t.options.DecimalComma {
		if s != "" && !grouping.MatchString(s) && !plain.MatchString(s) {
			return decimal.Zero, r.fail(field, "is not a number with a decimal comma, such as 1.234,56 or 1234,56")
		}
		s = strings.ReplaceAll(strings.ReplaceAll(s, ".", ""), ",", ".")
	}
	d, err := decimal.NewFromString(s)
	switch {
	case err == nil && (d.Exponent() < -2*wholeDigits || d.NumDigits()+int(d.Exponent()) > wholeDigits):
		return d, r.fail(field, "is a number far outside the range of money")
	case err == nil:
		return d, nil
	case strings.LastIndexByte(s, ',') > strings.LastIndexByte(s, '.'):
		return d, r.fail(field, "is not a decimal number (where the comma stands before the decimals, as in 1.234,56, use -decimal-comma)")
	case strings.Contains(s, ","):
		return d, r.fail(field, "is not a decimal number: write it without the commas between thousands")
	}
	return d, r.fail(field, "is not a decimal number")
}

// layouts are the ways to write an instant that mean the same everywhere;
// 03/04/2025 does not and needs -time-layout.
var layouts = []string{
	time.RFC3339Nano, "2006-01-02 15:04:05", "2006-01-02", "2006-01-02T15:04:05",
	"2006-01-02 15:04:05Z07:00", "2006-01-02 15:04", "2006-01-02T15:04",
	"2006/01/02 15:04:05", "2006/01/02 15:04", "2006/01/02", "2006/1/2 15:04", "2006/1/2",
	"20060102", "2006年1月2日",
}

func (r row) time(field string) (time.Time, error) {
	s, t := r.text(field), r.t
	zone := t.options.Location
	if zone == nil {
		zone = time.UTC
	}
	if t.layout != "" {
		if at, err := time.ParseInLocation(t.layout, s, zone); err == nil {
			return at, r.plausible(field, at)
		}
	}
	if t.options.TimeLayout != "" {
		return time.Time{}, r.fail(field, "is not a time in the layout "+t.options.TimeLayout)
	}
	for _, l := range layouts {
		if at, err := time.ParseInLocation(l, s, zone); err == nil {
			t.layout = l
			return at, r.plausible(field, at)
		}
	}
	return time.Time{}, r.fail(field, "is not a date or time we know (2006-01-02, 2006-01-02 15:04:05, RFC 3339, …); name its form with -time-layout")
}

// plausible refuses the years of typing errors and of "never" as a date.
func (r row) plausible(field string, at time.Time) error {
	if y := at.Year(); y < 1900 || y > 2199 {
		return r.fail(field, "lies outside the years 1900 to 2199")
	}
	return nil
}

// checkText refuses bytes that are not UTF-8, which a person would see as
// garbage in the review.
func (r row) checkText(field string) error {
	if utf8.ValidString(r.text(field)) {
		return nil
	}
	return r.fail(field, "is not UTF-8 (for a Chinese spreadsheet try -encoding gbk)")
}

func guessDelimiter(head []byte) rune {
	line, _, _ := bytes.Cut(head, []byte("\n"))
	best, most := ',', 0
	for _, d := range ",;\t|" {
		if n := bytes.Count(line, []byte(string(d))); n > most {
			best, most = d, n
		}
	}
	return best
}

// mapHeader finds each column in the header: by the caller's name, else by a
// known one.
func mapHeader(path string, header []string, columns []column, o tableOptions) (map[string]int, error) {
	at := make(map[string]int, len(header))
	twice := map[string]bool{}
	for i, h := range header {
		if _, known := at[foldName(h)]; known {
			twice[foldName(h)] = true
			continue
		}
		at[foldName(h)] = i
	}
	index := map[string]int{}
	for _, c := range columns {
		if want, ok := o.Columns[c.field]; ok {
			i, found := at[foldName(want)]
			if !found {
				return nil, &fileError{File: path, Line: 1, Reason: fmt.Sprintf(
					"-columns says %s%s=%s, but the header has: %s", o.Prefix, c.field, want, strings.Join(header, ", "))}
			}
			index[c.field] = i
			continue
		}
		for _, k := range c.known {
			if i, found := at[foldName(k)]; found {
				index[c.field] = i
				break
			}
		}
	}
	for field, i := range index {
		if twice[foldName(header[i])] {
			return nil, &fileError{File: path, Line: 1, Column: i + 1, Header: header[i], Reason: fmt.Sprintf(
				"two columns have this name, and %s is read from it: rename one", field)}
		}
	}
	return index, nil
}

// used says which column each field is read from, in the order of the fields.
func (t *csvTable) used(columns []column) []string {
	var all []string
	for _, c := range columns {
		if i, ok := t.index[c.field]; ok {
			all = append(all, c.field+"="+t.header[i])
		}
	}
	return all
}

// need reports the fields that the header lacks.
func (t *csvTable) need(fields ...string) error {
	var missing []string
	for _, f := range fields {
		if _, ok := t.index[f]; !ok {
			missing = append(missing, f)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return &fileError{File: t.path, Line: 1, Reason: fmt.Sprintf(
		"no column for %s; the header has: %s. Name it with -columns %s%s=HEADER",
		strings.Join(missing, " and "), strings.Join(t.header, ", "), t.options.Prefix, missing[0])}
}

var folder = strings.NewReplacer(" ", "", "_", "", "-", "", ".", "", "\uFEFF", "")

func foldName(s string) string { return strings.ToLower(folder.Replace(s)) }
