package affinity

import (
	"cmp"
	"errors"
	"slices"
	"strconv"

	"github.com/keyaccount/keyaccount"
)

// GapRank says by what a white space is sorted.
type GapRank string

const (
	// ByShare sorts by the share of the peers that buy.
	ByShare GapRank = "share"
	// ByDistinction sorts by how much greater that share is than the share of
	// all accounts: first what is typical of the segment.
	ByDistinction GapRank = "distinction"
)

// WhiteSpaceOptions sets up [Model.WhiteSpace].
type WhiteSpaceOptions struct {
	// N is how many products are wanted. Defaults to 10.
	N int
	// Rank says by what they are sorted. Defaults to ByShare.
	Rank GapRank
	// MinPeers is how many accounts of the segment must buy a product.
	// Defaults to 2.
	MinPeers int
	// MinShare is the least share of the segment's accounts that buy it, from
	// 0 to 1. Defaults to 0.
	MinShare float64
	// Exclude lists products that must not be shown. Defaults to none.
	Exclude []string
}

// WhiteSpace returns what the accounts of the same segment buy and this one
// does not: the peers' gap. The score is the share of the segment's accounts
// that buy the product; this account counts among them if it was fitted. An
// account without a segment is compared with all accounts. Not to be confused
// with segment.WhiteSpace, which tells in money how much more an account could
// buy: here it is which products it lacks, by the share of the peers that buy.
//
// A nil opts means the defaults. WhiteSpace refuses what [Model.Next] refuses,
// and a segment that the Model does not know ([keyaccount.ErrMissing]): peers
// must not be swapped silently.
func (m *Model) WhiteSpace(h History, opts *WhiteSpaceOptions) ([]Recommendation, error) {
	o := WhiteSpaceOptions{}
	if opts != nil {
		o = *opts
	}
	if o.Rank == "" {
		o.Rank = ByShare
	}
	if o.MinPeers == 0 {
		o.MinPeers = 2
	}
	faults := []error{wanted(&o.N)}
	if o.Rank != ByShare && o.Rank != ByDistinction {
		faults = append(faults, outOfRange("Rank", string(o.Rank), "a white space is sorted by share or by distinction"))
	}
	if o.MinPeers < 1 {
		faults = append(faults, outOfRange("MinPeers", strconv.Itoa(o.MinPeers), "at least one peer buys what is recommended"))
	}
	if !(o.MinShare >= 0 && o.MinShare <= 1) {
		faults = append(faults, outOfRange("MinShare", number(o.MinShare), "a share lies between 0 and 1"))
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	if err := m.accepts(&h); err != nil {
		return nil, err
	}
	peers := &m.Everyone
	if h.Segment != "" {
		if peers = m.segment(h.Segment); peers == nil {
			return nil, &keyaccount.InputError{
				Kind: keyaccount.ErrMissing, Field: "Segment", Value: h.Segment, Reason: "the model has no such segment",
			}
		}
	}
	allowed := m.eligible(&h, &NextOptions{AlreadyBought: ExcludeBought, Exclude: o.Exclude})
	type gap struct {
		Popularity
		order float64
	}
	var gaps []gap
	for _, p := range peers.Products {
		share := ratio(int64(p.Buyers), int64(peers.Accounts))
		if p.Buyers < o.MinPeers || share < o.MinShare || !allowed.allows(p.Product) {
			continue
		}
		g := gap{Popularity: p, order: share}
		if o.Rank == ByDistinction {
			g.order -= ratio(int64(m.Products[p.Product].Buyers), int64(m.Everyone.Accounts))
		}
		gaps = append(gaps, g)
	}
	slices.SortFunc(gaps, func(x, y gap) int {
		return cmp.Or(cmp.Compare(y.order, x.order), morePopular(x.Popularity, y.Popularity))
	})
	out := []Recommendation{}
	for _, g := range gaps[:min(o.N, len(gaps))] {
		r := m.share(peers, g.Popularity).about(m, g.Product)
		r.Reason = PeersBuy
		out = append(out, r)
	}
	return withRanks(out), nil
}
