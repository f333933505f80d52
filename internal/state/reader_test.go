package state

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/exact"
)

var form = Form{Schema: "s", Version: 3, Oldest: 2}

func inputError(t testing.TB, err, kind error, field string) *keyaccount.InputError {
	t.Helper()
	require.ErrorIs(t, err, kind)
	var in *keyaccount.InputError
	require.ErrorAs(t, err, &in)
	require.Equal(t, field, in.Field)
	require.NotEmpty(t, in.Reason)
	return in
}

func sumOf(t testing.TB, text string) (s exact.Sum) {
	t.Helper()
	require.True(t, s.Add(decimal.RequireFromString(text)))
	return s
}

// The layout of every value, byte by byte.
func TestLayout(t *testing.T) {
	b := form.AppendHeader(nil)
	assert.Equal(t, []byte{1, 's', 3}, b)
	assert.Equal(t, []byte{4, 'a', 0xff, 0xc3, 0xa9}, AppendText(nil, "a\xffé"))
	assert.Equal(t, []byte{0xc0, 0x09, 0x21, 0xfb, 0x54, 0x44, 0x2d, 0x18}, AppendFloat(nil, -math.Pi))
	assert.Equal(t, []byte{1, 0}, AppendBool(AppendBool(nil, true), false))
	// Places, then the length of the magnitude, negative as the sum is.
	assert.Equal(t, []byte{2, 3, 0x01, 0x00}, AppendSum(nil, sumOf(t, "-2.56")))
}

func TestRoundTrip(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 1))
	for range 500 {
		shift := r.IntN(64)
		u, i, n := r.Uint64()>>shift, int64(r.Uint64())>>shift, r.IntN(40)
		text := string(make([]byte, n)) + "墨\xff"
		f := math.Float64frombits(r.Uint64())
		day := int32(r.Uint32())
		s := sumOf(t, decimal.New(i, -int32(r.IntN(5))).StringFixed(6))
		mark := byte(r.IntN(256))

		b := binary.AppendVarint(binary.AppendUvarint(form.AppendHeader(nil), u), i)
		b = AppendFloat(AppendText(b, text), f)
		b = binary.AppendUvarint(binary.AppendVarint(b, int64(day)), 3)
		b = binary.BigEndian.AppendUint64(AppendSum(AppendBool(append(b, mark), u&1 == 1), s), u)
		b = append(b, "end"...)
		for _, in := range []Reader{NewReader(b, "Test"), NewCanonicalReader(b, "Test")} {
			require.Equal(t, 3, in.Header(form))
			require.Equal(t, u, in.Uvarint())
			require.Equal(t, i, in.Varint())
			require.Equal(t, text, in.Text())
			require.Equal(t, math.Float64bits(f), math.Float64bits(in.Float()))
			require.Equal(t, day, in.Day(math.MinInt32, math.MaxInt32))
			require.EqualValues(t, 3, in.AtMost(3))
			require.Equal(t, mark, in.Mark(255))
			require.Equal(t, u&1 == 1, in.Bool())
			require.Equal(t, AppendSum(nil, s), AppendSum(nil, in.Sum()))
			require.Equal(t, u, in.Word())
			require.Equal(t, 3, in.Len())
			require.Equal(t, "end", in.TextOf(3))
			require.NoError(t, in.End())
		}
		for cut := range b {
			in := NewCanonicalReader(b[:cut], "Test")
			in.Header(form)
			_, _, _, _, _ = in.Uvarint(), in.Varint(), in.Text(), in.Float(), in.Day(math.MinInt32, math.MaxInt32)
			_, _, _, _, _, _ = in.AtMost(3), in.Mark(255), in.Bool(), in.Sum(), in.Word(), in.TextOf(3)
			inputError(t, in.End(), keyaccount.ErrMalformed, "Test")
		}
	}
}

func TestHeaderRefuses(t *testing.T) {
	for _, c := range []struct {
		name, value string
		b           []byte
		kind        error
		field       string
	}{
		{"older than is read", "1", []byte{1, 's', 1}, keyaccount.ErrVersion, "Version"},
		{"no version", "0", []byte{1, 's', 0}, keyaccount.ErrVersion, "Version"},
		{"newer", "4", []byte{1, 's', 4}, keyaccount.ErrVersion, "Version"},
		{"beyond every int", "18446744073709551615", binary.AppendUvarint([]byte{1, 's'}, math.MaxUint64), keyaccount.ErrVersion, "Version"},
		{"another schema, and nothing else", "t", []byte{1, 't'}, keyaccount.ErrVersion, "Schema"},
		{"a schema cut short", "", []byte{2, 's'}, keyaccount.ErrMalformed, "Test"},
		{"no version at all", "", []byte{1, 's'}, keyaccount.ErrMalformed, "Test"},
		{"nothing", "", nil, keyaccount.ErrMalformed, "Test"},
	} {
		r := NewReader(c.b, "Test")
		assert.Zero(t, r.Header(form), c.name)
		assert.Equal(t, c.value, inputError(t, r.Err(), c.kind, c.field).Value, c.name)
		assert.Zero(t, r.Len(), c.name)
	}
	older := NewReader([]byte{1, 's', 2}, "Test")
	assert.Equal(t, 2, older.Header(form))
	assert.NoError(t, older.End())
	one := NewReader([]byte{1, 's', 2}, "Test")
	one.Header(Form{Schema: "s", Version: 3})
	in := inputError(t, one.Err(), keyaccount.ErrVersion, "Version")
	assert.Equal(t, "only version 3 is known", in.Reason, "Oldest is Version by default")
}

// Every value refuses what is not one, takes nothing and gives zero, and so do
// all that follow.
func TestTheFirstFaultStays(t *testing.T) {
	long := []byte{0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x02} // 65 bits
	for name, c := range map[string]struct {
		b    []byte
		read func(*Reader) bool
	}{
		"uvarint":            {long, func(r *Reader) bool { return r.Uvarint() == 0 }},
		"varint":             {long, func(r *Reader) bool { return r.Varint() == 0 }},
		"limit":              {[]byte{8}, func(r *Reader) bool { return r.AtMost(7) == 0 }},
		"length":             {[]byte{2, 'a'}, func(r *Reader) bool { return r.Length() == 0 }},
		"hostile length":     {binary.AppendUvarint(nil, math.MaxUint64), func(r *Reader) bool { return r.Length() == 0 }},
		"text":               {[]byte{2, 'a'}, func(r *Reader) bool { return r.Text() == "" }},
		"text of":            {[]byte{'a'}, func(r *Reader) bool { return r.TextOf(2) == "" }},
		"text of less":       {[]byte{'a'}, func(r *Reader) bool { return r.TextOf(-1) == "" }},
		"mark":               {[]byte{4, 1}, func(r *Reader) bool { return r.Mark(3) == 0 }},
		"no mark":            {nil, func(r *Reader) bool { return r.Mark(3) == 0 }},
		"bool":               {[]byte{2, 1}, func(r *Reader) bool { return !r.Bool() }},
		"word":               {make([]byte, 7), func(r *Reader) bool { return r.Word() == 0 }},
		"float":              {make([]byte, 7), func(r *Reader) bool { return r.Float() == 0 }},
		"early day":          {binary.AppendVarint(nil, 9), func(r *Reader) bool { return r.Day(10, 20) == 0 }},
		"late day":           {binary.AppendVarint(nil, 21), func(r *Reader) bool { return r.Day(10, 20) == 0 }},
		"day that overflows": {binary.AppendVarint(nil, 1<<32+15), func(r *Reader) bool { return r.Day(10, 20) == 0 }},
		"sum":                {[]byte{0, 4, 1}, func(r *Reader) bool { s := r.Sum(); return s.Sign() == 0 }},
	} {
		r := NewReader(c.b, "Test")
		assert.True(t, c.read(&r), name)
		first := r.Err()
		inputError(t, first, keyaccount.ErrMalformed, "Test")
		assert.Zero(t, r.Len(), name)
		_, _, _, _, _ = r.Header(form), r.Uvarint(), r.Varint(), r.Text(), r.Float()
		_, _, _, _, _ = r.Day(0, 9), r.AtMost(3), r.Mark(255), r.Bool(), r.Sum()
		r.Fail("later")
		assert.Same(t, first, r.End(), name)
	}
	left := NewReader([]byte{1, 2}, "Test")
	assert.EqualValues(t, 1, left.Uvarint())
	inputError(t, left.End(), keyaccount.ErrMalformed, "Test")
}

// Numbers in more bytes than they need: 0 and 5 as varints, and within sums.
func TestCanonicalReaderKnowsOneForm(t *testing.T) {
	for name, c := range map[string]struct {
		b    []byte
		read func(*Reader)
	}{
		"0":                   {[]byte{0x80, 0x00}, func(r *Reader) { r.Uvarint() }},
		"5":                   {[]byte{0x85, 0x80, 0x00}, func(r *Reader) { r.Uvarint() }},
		"signed":              {[]byte{0x85, 0x00}, func(r *Reader) { r.Varint() }},
		"length":              {[]byte{0x81, 0x00, 'a'}, func(r *Reader) { r.Text() }},
		"places of a sum":     {[]byte{0x82, 0x00, 2, 5}, func(r *Reader) { r.Sum() }},
		"length in a sum":     {[]byte{2, 0x82, 0x00, 5}, func(r *Reader) { r.Sum() }},
		"length of a zero":    {[]byte{2, 0x80, 0x00}, func(r *Reader) { r.Sum() }},
		"header":              {[]byte{0x81, 0x00, 's', 3}, func(r *Reader) { r.Header(form) }},
		"version of a header": {[]byte{1, 's', 0x83, 0x00}, func(r *Reader) { r.Header(form) }},
	} {
		lenient, strict := NewReader(c.b, "Test"), NewCanonicalReader(c.b, "Test")
		c.read(&lenient)
		assert.NoError(t, lenient.End(), name)
		c.read(&strict)
		inputError(t, strict.End(), keyaccount.ErrMalformed, "Test")
	}
	wide := AppendSum(nil, sumOf(t, "-1e300"))
	r := NewCanonicalReader(wide, "Test")
	assert.Equal(t, wide, AppendSum(nil, r.Sum()), "a sum of any width")
	assert.NoError(t, r.End())
}

func TestReadingNumbersDoesNotAllocate(t *testing.T) {
	b := append(AppendFloat(binary.AppendVarint([]byte{3}, -1e9), 1.5), 1)
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		r := NewCanonicalReader(b, "Test")
		_, _, _, _ = r.Uvarint(), r.Varint(), r.Float(), r.Bool()
		require.NoError(t, r.End())
	}))
}

// FuzzReader: whatever is asked of whatever bytes, what a canonical reader
// took is what its values are written as.
func FuzzReader(f *testing.F) {
	f.Add([]byte("huvltTmbfds"), AppendSum(form.AppendHeader(nil), exact.Sum{}))
	f.Add([]byte("huvmsw"), []byte{1, 's', 2, 0x85, 0x01, 0x09, 1, 2, 4, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Add([]byte("sss"), []byte{0x82, 0x00, 2, 5, 2, 0x81, 0x01})
	f.Fuzz(func(t *testing.T, script, b []byte) {
		for _, r := range []Reader{NewReader(b, "Test"), NewCanonicalReader(b, "Test")} {
			var again []byte
			for _, what := range script {
				next := again
				switch what {
				case 'h':
					v := r.Header(form)
					next = binary.AppendUvarint(AppendText(next, form.Schema), uint64(v))
				case 'u':
					next = binary.AppendUvarint(next, r.Uvarint())
				case 'v':
					next = binary.AppendVarint(next, r.Varint())
				case 'l':
					next = binary.AppendUvarint(next, uint64(r.Length()))
				case 't':
					next = AppendText(next, r.Text())
				case 'T':
					next = append(next, r.TextOf(2)...)
				case 'm':
					next = append(next, r.Mark(3))
				case 'b':
					next = AppendBool(next, r.Bool())
				case 'w':
					next = binary.BigEndian.AppendUint64(next, r.Word())
				case 'f':
					next = AppendFloat(next, r.Float())
				case 'd':
					next = binary.AppendVarint(next, int64(r.Day(-100, 100)))
				case 's':
					next = AppendSum(next, r.Sum())
				}
				if r.Err() != nil {
					break
				}
				again = next
			}
			left := r.Len()
			if err := r.End(); err != nil {
				var in *keyaccount.InputError
				require.ErrorAs(t, err, &in)
				continue
			}
			require.Zero(t, left)
			if r.canonical {
				require.Equal(t, string(b), string(again))
			} else {
				require.LessOrEqual(t, len(again), len(b))
			}
		}
	})
}
