package cluster

import (
	"math"
	"strconv"

	"github.com/keyaccount/keyaccount"
)

// maxMatched is how many clusters can be matched: the time grows with the
// third power of it.
const maxMatched = 1000

// Matching says which cluster of a later run is which cluster of an earlier
// one.
type Matching struct {
	// To holds, for each cluster after, the number it should have: that of its
	// match before, or the next free number where it is new.
	To []int `json:"to"`
	// New lists the clusters after that match none before, by their old
	// number; Gone the clusters before that have no match.
	New  []int `json:"new,omitempty"`
	Gone []int `json:"gone,omitempty"`
	// Overlap counts the rows by cluster before and after; nil when centres
	// were matched.
	Overlap [][]int `json:"overlap,omitempty"`
	// Agreement is the share of rows that keep their number, from 0 to 1, when
	// labels were matched.
	Agreement float64 `json:"agreement,omitempty"`
	// Distance is the sum of Euclidean distances between matched centres, when
	// centres were matched.
	Distance float64 `json:"distance,omitempty"`
}

// Relabel returns the labels of the later run under their new numbers. It
// refuses a label that the matching does not know.
func (m *Matching) Relabel(labels []int) ([]int, error) {
	out := make([]int, len(labels))
	for i, a := range labels {
		if a < 0 || a >= len(m.To) {
			return nil, &keyaccount.InputError{
				Kind: keyaccount.ErrOutOfRange, Field: "labels", Row: i + 1, Value: strconv.Itoa(a),
				Reason: "the clusters are 0 to " + strconv.Itoa(len(m.To)-1),
			}
		}
		out[i] = m.To[a]
	}
	return out, nil
}

// MatchLabels matches the clusters of two runs over the same rows so that as
// many rows as possible keep their number (Kuhn's Hungarian method on the
// counts of common rows; of equally good matchings always the same one).
// Clusters without a common row are not matched. There can be up to 1000
// clusters.
func MatchLabels(before, after []int) (*Matching, error) {
	ka, kb, err := checkTwo(before, after)
	if err != nil {
		return nil, err
	}
	if max(ka, kb) > maxMatched {
		return nil, outOfRange("labels", strconv.Itoa(max(ka, kb)), "at most "+strconv.Itoa(maxMatched)+" clusters can be matched")
	}
	m := &Matching{Overlap: make([][]int, ka)}
	for a := range m.Overlap {
		m.Overlap[a] = make([]int, kb)
	}
	for i, a := range before {
		m.Overlap[a][after[i]]++
	}
	// Overlaps are at most 2³¹, and their differences exact.
	match := hungarian(max(ka, kb), func(b, a int) float64 {
		if a >= ka || b >= kb {
			return 0
		}
		return -float64(m.Overlap[a][b])
	})
	kept := 0
	m.number(ka, kb, match, func(b, a int) bool {
		kept += m.Overlap[a][b]
		return m.Overlap[a][b] > 0
	})
	m.Agreement = float64(kept) / float64(len(before))
	return m, nil
}

// MatchCentres matches the clusters of two models over the same columns and
// transform so that the sum of the distances between matched centres is least.
// It is for runs over different rows. There can be up to 1000 clusters.
func MatchCentres(before, after *Model) (*Matching, error) {
	if before == nil || after == nil {
		return nil, missing("Model", "there must be two models")
	}
	for _, m := range []*Model{before, after} {
		if err := m.Validate(); err != nil {
			return nil, err
		}
		if len(m.Centres) > maxMatched {
			return nil, outOfRange("Centres", strconv.Itoa(len(m.Centres)), "at most "+strconv.Itoa(maxMatched)+" clusters can be matched")
		}
	}
	if db, da := len(before.Centres[0]), len(after.Centres[0]); db != da {
		return nil, mismatch("Centres", strconv.Itoa(da), "the centres before have "+strconv.Itoa(db)+" columns")
	}
	ka, kb := len(before.Centres), len(after.Centres)
	distance := func(b, a int) float64 {
		if a >= ka || b >= kb {
			return 0
		}
		return math.Sqrt(sqDist(before.Centres[a], after.Centres[b]))
	}
	m := new(Matching)
	m.number(ka, kb, hungarian(max(ka, kb), distance), func(b, a int) bool {
		m.Distance += distance(b, a)
		return true
	})
	return m, nil
}

// number turns a matching of padded sides into numbers.
func (m *Matching) number(ka, kb int, match []int, accept func(b, a int) bool) {
	m.To = make([]int, kb)
	used := make([]bool, ka)
	free := ka
	for b := range kb {
		if a := match[b]; a < ka && accept(b, a) {
			m.To[b], used[a] = a, true
			continue
		}
		m.To[b] = free
		m.New = append(m.New, b)
		free++
	}
	for a, u := range used {
		if !u {
			m.Gone = append(m.Gone, a)
		}
	}
}

// hungarian returns, for each of n rows, the column that it is matched with so
// that the sum of costs is least: shortest augmenting paths with potentials,
// O(n³) (Jonker and Volgenant 1987, without their initialisation).
func hungarian(n int, cost func(row, col int) float64) []int {
	u, v := make([]float64, n+1), make([]float64, n+1)
	owner := make([]int, n+1) // of column j, counted from 1; 0 is none
	way := make([]int, n+1)
	least, done := make([]float64, n+1), make([]bool, n+1)
	for i := 1; i <= n; i++ {
		owner[0] = i
		for j := range least {
			least[j], done[j] = math.Inf(1), false
		}
		col := 0
		for owner[col] != 0 {
			done[col] = true
			row, delta, next := owner[col], math.Inf(1), 0
			for j := 1; j <= n; j++ {
				if done[j] {
					continue
				}
				if c := cost(row-1, j-1) - u[row] - v[j]; c < least[j] {
					least[j], way[j] = c, col
				}
				if least[j] < delta {
					delta, next = least[j], j
				}
			}
			for j := range done {
				if done[j] {
					u[owner[j]] += delta
					v[j] -= delta
				} else {
					least[j] -= delta
				}
			}
			col = next
		}
		for col != 0 {
			owner[col] = owner[way[col]]
			col = way[col]
		}
	}
	match := make([]int, n)
	for j := 1; j <= n; j++ {
		match[owner[j]-1] = j - 1
	}
	return match
}
