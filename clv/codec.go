package clv

import (
	"encoding/binary"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/keyaccount/keyaccount"
)

// The binary form of a state begins with the name of its schema and a version.
// It is canonical: one state has one form, and only that form is read.

func appendHeader(b []byte, schema string, version uint64) []byte {
	return binary.AppendUvarint(appendText(b, schema), version)
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func appendFloat(b []byte, v float64) []byte {
	return binary.BigEndian.AppendUint64(b, math.Float64bits(v))
}

// decoder reads from the front of b. After the first fault it stays empty and
// gives zero values.
type decoder struct {
	b     []byte
	field string
	err   error
}

func (d *decoder) fail(reason string) {
	d.failWith(&keyaccount.InputError{Kind: keyaccount.ErrMalformed, Field: d.field, Reason: reason})
}

func (d *decoder) failWith(err error) {
	if d.err == nil {
		d.err = err
	}
	d.b = nil
}

// header returns the version. It refuses another schema, and a version that is
// neither this one nor one of the older ones.
func (d *decoder) header(schema string, version uint64, older ...uint64) uint64 {
	if got := d.text(); d.err == nil && got != schema {
		d.failWith(unknownSchema(got, schema))
	}
	got := d.uvarint()
	if d.err == nil && got != version && !slices.Contains(older, got) {
		d.failWith(unknownVersion(got, version, older...))
	}
	return got
}

func unknownSchema(got, want string) error {
	return &keyaccount.InputError{
		Kind: keyaccount.ErrVersion, Field: "Schema", Value: got, Reason: "only " + want + " can be read here",
	}
}

func unknownVersion(got, want uint64, older ...uint64) error {
	known := make([]string, 0, 1+len(older))
	for _, v := range append([]uint64{want}, older...) {
		known = append(known, strconv.FormatUint(v, 10))
	}
	return &keyaccount.InputError{
		Kind: keyaccount.ErrVersion, Field: "Version", Value: strconv.FormatUint(got, 10),
		Reason: "only version " + strings.Join(known, " and ") + " can be read here",
	}
}

func (d *decoder) uvarint() uint64 {
	v, k := binary.Uvarint(d.b)
	if k <= 0 || k > 1 && d.b[k-1] == 0 {
		d.fail("a number cannot be read")
		return 0
	}
	d.b = d.b[k:]
	return v
}

// atMost reads a number that must not exceed the limit.
func (d *decoder) atMost(limit uint64) uint64 {
	v := d.uvarint()
	if v > limit {
		d.fail("a number is out of range")
		return 0
	}
	return v
}

// length reads the length of a list whose elements have at least one byte.
func (d *decoder) length() int { return int(d.atMost(uint64(len(d.b)))) }

func (d *decoder) text() string {
	n := d.length()
	if n > len(d.b) {
		d.fail("the bytes end inside a text")
		return ""
	}
	s := string(d.b[:n])
	d.b = d.b[n:]
	return s
}

func (d *decoder) float() float64 { return math.Float64frombits(d.word()) }

func (d *decoder) word() uint64 {
	if len(d.b) < 8 {
		d.fail("the bytes end inside a number")
		return 0
	}
	v := binary.BigEndian.Uint64(d.b)
	d.b = d.b[8:]
	return v
}

// end reports the first fault, or bytes that are left over.
func (d *decoder) end() error {
	if len(d.b) > 0 {
		d.fail("there are bytes after the end")
	}
	return d.err
}
