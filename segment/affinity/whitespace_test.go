package affinity

import (
	"math"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

func TestWhiteSpace(t *testing.T) {
	t.Parallel()
	p, segments := office(t)
	m := fitted(t, p, &FitOptions{Segments: segments})
	h := p.History("a3")
	h.Segment = "A"
	gaps, err := m.WhiteSpace(h, nil)
	require.NoError(t, err)
	sound(t, gaps)
	require.Equal(t, []string{"ink"}, products(gaps))
	assert.Equal(t, []any{PeersBuy, "A", ratio(2, 3)}, []any{gaps[0].Reason, gaps[0].Segment, gaps[0].Score})
	assert.Equal(t, []Contribution{
		{Source: FromEveryone, Count: 2, Of: 6, Value: 1.0 / 3},
		{Source: FromSegment, Count: 2, Of: 3, Value: 2.0/3 - 1.0/3},
	}, gaps[0].Because)
	assert.Equal(t, "peers buy it: 2 of all 6 accounts buy it; 2 of 3 accounts in segment A buy it", gaps[0].Explain("en"))
	assert.Equal(t, "同类客户在买：全部 6 个客户中有 2 个购买；细分“A”的 3 个客户中有 2 个购买", gaps[0].Explain("zh"))

	stranger := having("A")
	for name, c := range map[string]struct {
		o    WhiteSpaceOptions
		want []string
	}{
		"by share":         {WhiteSpaceOptions{}, []string{"printer", "ink", "paper"}},
		"by distinction":   {WhiteSpaceOptions{Rank: ByDistinction}, []string{"printer", "ink", "paper"}},
		"enough peers":     {WhiteSpaceOptions{MinPeers: 3}, []string{"printer"}},
		"a great share":    {WhiteSpaceOptions{MinShare: 0.9}, []string{"printer"}},
		"without printers": {WhiteSpaceOptions{Exclude: []string{"printer"}}, []string{"ink", "paper"}},
		"one":              {WhiteSpaceOptions{N: 1}, []string{"printer"}},
	} {
		gaps, err := m.WhiteSpace(stranger, &c.o)
		require.NoError(t, err, name)
		assert.Equal(t, c.want, products(gaps), name)
	}
	// In B the chair is bought by all, the desk by half; but half of all
	// accounts buy chairs, and the desk is B's alone.
	byShare, err := m.WhiteSpace(having("B"), &WhiteSpaceOptions{MinPeers: 1})
	require.NoError(t, err)
	assert.Equal(t, []string{"chair", "desk", "paper"}, products(byShare))
	everyone, err := m.WhiteSpace(having(""), &WhiteSpaceOptions{Rank: ByDistinction})
	require.NoError(t, err)
	sound(t, everyone)
	assert.Equal(t, []string{"chair", "paper", "printer", "ink"}, products(everyone), "all accounts are no more than themselves")

	_, err = m.WhiteSpace(having("Z"), nil)
	inputError(t, err, keyaccount.ErrMissing, "Segment", 0)
	for field, o := range map[string]WhiteSpaceOptions{
		"N": {N: -1}, "Rank": {Rank: "x"}, "MinPeers": {MinPeers: -1}, "MinShare": {MinShare: math.NaN()},
	} {
		_, err = m.WhiteSpace(stranger, &o)
		inputError(t, err, keyaccount.ErrOutOfRange, field, 0)
	}
}

// The order by distinction is by the segment's excess: a product that everyone
// buys comes last, however many peers buy it.
func TestWhiteSpaceByDistinction(t *testing.T) {
	t.Parallel()
	p := new(Purchases)
	segments := map[string]string{}
	for i := range 10 {
		id := "acc" + strconv.Itoa(i)
		require.NoError(t, p.Add(buy(id, "1", "paper", "2025-01-01")))
		if i < 4 {
			segments[id] = "lab"
			if i < 3 {
				require.NoError(t, p.Add(buy(id, "1", "pipette", "2025-01-01")))
			}
		}
	}
	m := fitted(t, p, &FitOptions{Segments: segments})
	share, err := m.WhiteSpace(having("lab"), nil)
	require.NoError(t, err)
	assert.Equal(t, []string{"paper", "pipette"}, products(share))
	distinct, err := m.WhiteSpace(having("lab"), &WhiteSpaceOptions{Rank: ByDistinction})
	require.NoError(t, err)
	sound(t, distinct)
	assert.Equal(t, []string{"pipette", "paper"}, products(distinct))
}

// MinShare is the least share that is shown, itself included.
func TestWhiteSpaceIncludesMinShare(t *testing.T) {
	t.Parallel()
	p, segments := office(t)
	m := fitted(t, p, &FitOptions{Segments: segments})
	for share, want := range map[float64][]string{
		0.5:                    {"chair", "desk", "paper"}, // 1 of 2 buys a desk, and paper
		math.Nextafter(0.5, 1): {"chair"},
		1:                      {"chair"},
	} {
		gaps, err := m.WhiteSpace(having("B"), &WhiteSpaceOptions{MinPeers: 1, MinShare: share})
		require.NoError(t, err)
		require.Equal(t, want, products(gaps), share)
	}
}
