package segment

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/keyaccount/keyaccount"
)

// NtileScores scores as SQL's NTILE and dplyr's ntile do, to reproduce what
// they gave: the accounts that have orders are sorted from the worst figure to
// the best, equal ones by ID, and dealt out into bins of as equal a size as
// possible, the first ones taking what is left over. The result stands in the
// order of the accounts; one without orders gets the zero Score.
//
// It breaks the law of this package: equal figures get different scores, by
// their ID. Among the customers of UCI Online Retail who ordered once, 868
// score 1 and 626 score 2. There is thus no [Model] of it to keep. For new
// work use [FitRFM].
//
// NtileScores refuses what FitRFM refuses.
func NtileScores(accounts []Account, bins int) ([]Score, error) {
	if bins < 2 || bins > MaxBins {
		return nil, &keyaccount.InputError{
			Kind: keyaccount.ErrOutOfRange, Field: "bins", Value: strconv.Itoa(bins), Reason: binsRange(),
		}
	}
	if err := checkAccounts(accounts); err != nil {
		return nil, err
	}
	if _, err := rfmFigures(accounts); err != nil {
		return nil, err
	}
	var scored []int
	for i := range accounts {
		if accounts[i].HasOrders() {
			scored = append(scored, i)
		}
	}
	out := make([]Score, len(accounts))
	deal := func(worse func(a, b *Account) int, score func(s *Score) *int) {
		slices.SortFunc(scored, func(i, j int) int {
			a, b := &accounts[i], &accounts[j]
			return cmp.Or(worse(a, b), strings.Compare(a.ID, b.ID))
		})
		for at, i := range scored {
			*score(&out[i]) = ntile(at, len(scored), bins)
		}
	}
	deal(func(a, b *Account) int { return cmp.Compare(b.DaysSinceLast, a.DaysSinceLast) }, func(s *Score) *int { return &s.R })
	deal(func(a, b *Account) int { return cmp.Compare(a.Orders, b.Orders) }, func(s *Score) *int { return &s.F })
	deal(func(a, b *Account) int { return compareMoney(a.Net, b.Net) }, func(s *Score) *int { return &s.M })
	return out, nil
}

// ntile is the bin, from 1, of the place, from 0, among n. The first n mod bins
// of them have one place more than the others.
func ntile(place, n, bins int) int {
	size, larger := n/bins, n%bins
	if inLarger := larger * (size + 1); place >= inLarger {
		return larger + 1 + (place-inLarger)/max(size, 1)
	}
	return 1 + place/(size+1)
}
