package exact

import (
	"encoding/binary"
	"math/big"

	"github.com/keyaccount/keyaccount"
)

// AppendBinary appends the sum's canonical form: places as an unsigned varint,
// then the coefficient as a signed varint length (negative for a negative
// coefficient) and its big-endian magnitude. Equal sums with equal places have
// equal bytes.
func (s Sum) AppendBinary(b []byte) ([]byte, error) {
	v := s.wide
	if v == nil {
		v = big.NewInt(s.coef)
	}
	mag := v.Bytes()
	n := int64(len(mag))
	if v.Sign() < 0 {
		n = -n
	}
	b = binary.AppendUvarint(b, uint64(s.places))
	b = binary.AppendVarint(b, n)
	return append(b, mag...), nil
}

// Decode reads a sum that [Sum.AppendBinary] wrote from the front of b and
// returns the rest.
func (s *Sum) Decode(b []byte) (rest []byte, err error) {
	bad := func(reason string) ([]byte, error) {
		return nil, &keyaccount.InputError{Kind: keyaccount.ErrMalformed, Field: "Sum", Reason: reason}
	}
	places, k := binary.Uvarint(b)
	if k <= 0 || places > MaxPlaces {
		return bad("the number of places cannot be read")
	}
	b = b[k:]
	n, k := binary.Varint(b)
	if k <= 0 {
		return bad("the length cannot be read")
	}
	b = b[k:]
	size := n
	if n < 0 {
		size = -n
	}
	if size < 0 || size > int64(len(b)) {
		return bad("the bytes end inside the coefficient")
	}
	if size > 0 && b[0] == 0 {
		return bad("the coefficient begins with a zero byte")
	}
	v := new(big.Int).SetBytes(b[:size])
	if n < 0 {
		v.Neg(v)
	}
	*s = Sum{places: int32(places)}
	if v.IsInt64() {
		s.coef = v.Int64()
	} else {
		s.wide = v
	}
	return b[size:], nil
}
