package state

import (
	"encoding/binary"
	"math"
	"strconv"

	"github.com/keyaccount/keyaccount/internal/exact"
)

// Reader takes values from the front of bytes. After the first fault it is
// empty and gives zero values, so that one look at [Reader.Err] is enough for
// many of them.
type Reader struct {
	b         []byte
	field     string
	canonical bool
	err       error
}

// NewReader reads data; errors name the field. It also takes integers in more
// bytes than they need.
func NewReader(data []byte, field string) Reader { return Reader{b: data, field: field} }

// NewCanonicalReader reads data in which every value has one form only.
func NewCanonicalReader(data []byte, field string) Reader {
	return Reader{b: data, field: field, canonical: true}
}

// Err is the first fault.
func (r *Reader) Err() error { return r.err }

// Len is how many bytes are left.
func (r *Reader) Len() int { return len(r.b) }

// Fail books a fault of what was read, with [keyaccount.ErrMalformed], unless
// there was one before.
func (r *Reader) Fail(reason string) { r.fail(Fault(r.field, reason)) }

func (r *Reader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
	r.b = nil
}

// End returns the first fault; bytes that are left over are one.
func (r *Reader) End() error {
	if len(r.b) > 0 {
		r.Fail("there are bytes after the end")
	}
	return r.err
}

// Header reads what [Form.AppendHeader] wrote and returns the version, 0 after
// a fault.
func (r *Reader) Header(f Form) (version int) {
	schema := r.Text()
	if r.err != nil {
		return 0
	}
	if err := f.CheckSchema(schema); err != nil {
		r.fail(err)
		return 0
	}
	v := r.Uvarint()
	if r.err == nil && (v < uint64(f.oldest()) || v > uint64(f.Version)) {
		r.fail(f.unknownVersion(strconv.FormatUint(v, 10)))
		return 0
	}
	return int(v)
}

// Uvarint reads an unsigned integer.
func (r *Reader) Uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 || r.canonical && n > 1 && r.b[n-1] == 0 {
		r.Fail("a number cannot be read")
		return 0
	}
	r.b = r.b[n:]
	return v
}

// Varint reads a signed integer.
func (r *Reader) Varint() int64 {
	u := r.Uvarint()
	v := int64(u >> 1)
	if u&1 == 1 {
		v = ^v
	}
	return v
}

// AtMost reads an unsigned integer up to the limit.
func (r *Reader) AtMost(limit uint64) uint64 {
	v := r.Uvarint()
	if v > limit {
		r.Fail("a number is out of range")
		return 0
	}
	return v
}

// Length reads how many elements follow, each of which has at least one byte:
// there cannot be more of them than there are bytes.
func (r *Reader) Length() int {
	n := r.Uvarint()
	if n > uint64(len(r.b)) {
		r.Fail("the bytes end before what they announce")
		return 0
	}
	return int(n)
}

// Text reads what [AppendText] wrote.
func (r *Reader) Text() string { return r.TextOf(r.Length()) }

// TextOf reads a text of n bytes.
func (r *Reader) TextOf(n int) string {
	if n < 0 || n > len(r.b) {
		r.Fail("the bytes end inside a text")
		return ""
	}
	s := string(r.b[:n])
	r.b = r.b[n:]
	return s
}

// Mark reads one byte that is at most the highest.
func (r *Reader) Mark(highest byte) byte {
	if len(r.b) == 0 {
		r.Fail("the bytes end before a mark")
		return 0
	}
	v := r.b[0]
	if v > highest {
		r.Fail("a mark is of an unknown kind")
		return 0
	}
	r.b = r.b[1:]
	return v
}

// Bool reads what [AppendBool] wrote.
func (r *Reader) Bool() bool { return r.Mark(1) == 1 }

// Float reads what [AppendFloat] wrote, be it a number or not.
func (r *Reader) Float() float64 { return math.Float64frombits(r.Word()) }

// Word reads an unsigned integer of 8 bytes, the highest first.
func (r *Reader) Word() uint64 {
	if len(r.b) < 8 {
		r.Fail("the bytes end inside a number")
		return 0
	}
	v := binary.BigEndian.Uint64(r.b)
	r.b = r.b[8:]
	return v
}

// Day reads a signed integer from first to last, such as the number of a day
// or of a month.
func (r *Reader) Day(first, last int32) int32 {
	v := r.Varint()
	if v < int64(first) || v > int64(last) {
		r.Fail("a day is out of range")
		return 0
	}
	return int32(v)
}

// Sum reads what [AppendSum] wrote.
func (r *Reader) Sum() (s exact.Sum) {
	if r.err != nil {
		return s
	}
	rest, err := s.Decode(r.b)
	if err != nil || r.canonical && !shortest(s, len(r.b)-len(rest)) {
		r.Fail("a sum of money cannot be read")
		return exact.Sum{}
	}
	r.b = rest
	return s
}

// shortest reports whether n bytes are what the sum needs: all its other forms
// are longer.
func shortest(s exact.Sum, n int) bool {
	var room [64]byte
	return len(AppendSum(room[:0], s)) == n
}
