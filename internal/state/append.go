package state

import (
	"encoding/binary"
	"math"

	"github.com/keyaccount/keyaccount/internal/exact"
)

// AppendText appends a text behind its length in bytes. It need not be UTF-8.
func AppendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// AppendFloat appends the 8 bytes of v, the sign first. Every NaN and both
// zeros keep their bits.
func AppendFloat(b []byte, v float64) []byte {
	return binary.BigEndian.AppendUint64(b, math.Float64bits(v))
}

// AppendBool appends a mark that is 1 for true.
func AppendBool(b []byte, v bool) []byte {
	if v {
		return append(b, 1)
	}
	return append(b, 0)
}

// AppendSum appends a sum of money as [exact.Sum.AppendBinary] does.
func AppendSum(b []byte, s exact.Sum) []byte {
	b, _ = s.AppendBinary(b) // never fails
	return b
}
