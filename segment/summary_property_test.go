package segment

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

// everyOptions lists every combination of what can be collected, in a zone
// whose clocks change.
func everyOptions(t testing.TB) []SummaryOptions {
	t.Helper()
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	var all []SummaryOptions
	for _, grain := range []Grain{NoPeriods, ByDay, ByWeek, ByMonth, ByQuarter, ByYear} {
		for bits := range 8 {
			o := SummaryOptions{Location: berlin, Periods: grain, OrderDays: bits&1 != 0, Lines: bits&2 != 0}
			if bits&4 != 0 {
				o.Categories = &CategoryOptions{Name: "letter", Of: func(tx keyaccount.Transaction) string {
					return tx.Product + tx.Order[:min(1, len(tx.Order))]
				}}
			}
			all = append(all, o)
		}
	}
	return all
}

func optionsName(o SummaryOptions) string {
	return fmt.Sprintf("%v days=%t categories=%t lines=%t", o.Periods, o.OrderDays, o.Categories != nil, o.Lines)
}

func summaryWith(t testing.TB, o SummaryOptions, txs []keyaccount.Transaction) *Summary {
	t.Helper()
	s := NewSummary(o)
	for _, tx := range txs {
		require.NoError(t, s.Add(tx))
	}
	return s
}

func allPolicies() (all []AccountPolicy) {
	for _, returns := range []ReturnsPolicy{Net, Gross, MatchToOrder, Exclude} {
		for _, orders := range []OrderCounting{DistinctOrders, OneOrderADay} {
			all = append(all, AccountPolicy{Returns: returns, Orders: orders})
		}
	}
	return all
}

// rosters reads a summary under every policy that it can be read under.
func rosters(t testing.TB, s *Summary) (all []*Roster) {
	t.Helper()
	for _, p := range allPolicies() {
		r, err := s.Roster(day("2035-01-01"), &p)
		if err != nil {
			require.ErrorIs(t, err, ErrNotCollected)
			continue
		}
		all = append(all, r)
	}
	return all
}

// The monoid laws, for every combination of options: whatever the order of the
// lines, however they are split, merged, sent and read back, and by how many
// workers they are folded, the bytes and the accounts are the same.
func TestEveryKindOfSummaryIsACommutativeMonoid(t *testing.T) {
	t.Parallel()
	for _, o := range everyOptions(t) {
		t.Run(optionsName(o), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(11, uint64(o.Periods)))
			merged := func(parts ...*Summary) *Summary {
				out := NewSummary(o)
				for _, p := range parts {
					require.NoError(t, out.Merge(p))
				}
				return out
			}
			for _, n := range []int{0, 1, 7, 150} {
				txs := randomLines(r, n)
				whole := summaryWith(t, o, txs)
				want, read := bytesOf(t, whole), rosters(t, whole)

				r.Shuffle(len(txs), func(i, j int) { txs[i], txs[j] = txs[j], txs[i] })
				i := r.IntN(len(txs) + 1)
				j := i + r.IntN(len(txs)-i+1)
				a, b, c := summaryWith(t, o, txs[:i]), summaryWith(t, o, txs[i:j]), summaryWith(t, o, txs[j:])
				before := [][]byte{bytesOf(t, a), bytesOf(t, b), bytesOf(t, c)}
				bulk, grown := NewSummary(o), summaryWith(t, o, txs[:i])
				require.NoError(t, bulk.AddAll(txs, &AddOptions{Workers: 1 + r.IntN(4)}))
				require.NoError(t, grown.AddAll(txs[i:], nil))
				sent := NewSummary(o)
				require.NoError(t, sent.UnmarshalBinary(want))
				inTheOpen := NewSummary(o)
				text, err := json.Marshal(whole)
				require.NoError(t, err)
				require.NoError(t, json.Unmarshal(text, inTheOpen))

				for name, got := range map[string]*Summary{
					"any order":             summaryWith(t, o, txs),
					"split":                 merged(a, b, c),
					"associative":           merged(a, merged(b, c)),
					"commutative":           merged(c, b, a),
					"identity on the left":  merged(NewSummary(o), whole),
					"identity on the right": merged(whole, NewSummary(o)),
					"all at once":           bulk,
					"the rest at once":      grown,
					"binary":                sent,
					"JSON":                  inTheOpen,
				} {
					require.Equal(t, want, bytesOf(t, got), name)
					require.Equal(t, read, rosters(t, got), name)
				}
				require.Equal(t, before, [][]byte{bytesOf(t, a), bytesOf(t, b), bytesOf(t, c)}, "merging leaves the other side alone")
				again, err := json.Marshal(inTheOpen)
				require.NoError(t, err)
				require.Equal(t, string(text), string(again))
			}
		})
	}
}

// What is collected beside it never changes what the light state says.
func TestDetailLeavesTheAccountAlone(t *testing.T) {
	t.Parallel()
	txs := randomLines(rand.New(rand.NewPCG(2, 2)), 400)
	var want []Account
	for i, o := range everyOptions(t) {
		got := summaryWith(t, o, txs).Accounts(day("2035-01-01"))
		for k := range got {
			got[k].Detail = nil
		}
		if i == 0 {
			want = got
		}
		require.Equal(t, want, got, optionsName(o))
	}
}

// Under every policy the parts' money adds up to the account's, MatchToOrder
// deducts as much as Net, and no order is lost.
func TestPartsAddUp(t *testing.T) {
	t.Parallel()
	for _, o := range everyOptions(t) {
		if o.Periods == NoPeriods || o.Categories == nil || !o.OrderDays || !o.Lines {
			continue
		}
		r := rand.New(rand.NewPCG(3, uint64(o.Periods)))
		s := summaryWith(t, o, randomLines(r, 500))
		byPolicy := map[ReturnsPolicy][]Account{}
		for _, p := range allPolicies() {
			read, err := s.Roster(day("2035-01-01"), &p)
			require.NoError(t, err)
			if p.Orders == DistinctOrders {
				byPolicy[p.Returns] = read.Accounts
			}
			for _, a := range read.Accounts {
				gross, returns, net, orders := dec("0"), dec("0"), dec("0"), 0
				for i, part := range a.Detail.Periods {
					gross, returns, net = gross.Add(part.Gross), returns.Add(part.Returns), net.Add(part.Net)
					orders += part.Orders
					require.True(t, part.From.Before(part.To))
					if i > 0 {
						require.False(t, part.From.Before(a.Detail.Periods[i-1].To))
					}
				}
				require.True(t, gross.Equal(a.Gross) && returns.Equal(a.Returns) && net.Equal(a.Net), "%v %s", p, a.ID)
				require.GreaterOrEqual(t, orders, a.Orders)
				if p.Returns == MatchToOrder && p.Orders == DistinctOrders {
					require.Equal(t, a.Orders, orders, "an order is dated once")
				}
				gross, returns, net = dec("0"), dec("0"), dec("0")
				for _, part := range a.Detail.Categories {
					gross, returns, net = gross.Add(part.Gross), returns.Add(part.Returns), net.Add(part.Net)
				}
				require.True(t, gross.Equal(a.Gross) && returns.Equal(a.Returns) && net.Equal(a.Net), "%v %s", p, a.ID)
				require.Equal(t, a.Detail.Gaps.OrderDays > 0, a.HasOrders())
				if p.Orders == OneOrderADay {
					require.Equal(t, a.Detail.Gaps.OrderDays, a.Orders)
				}
			}
		}
		for i, a := range byPolicy[Net] {
			m := byPolicy[MatchToOrder][i]
			require.True(t, a.Net.Equal(m.Net))
			require.Equal(t, a.Orders, m.Orders+m.UndoneOrders)
			require.True(t, byPolicy[Gross][i].Net.Equal(a.Gross))
			require.True(t, byPolicy[Exclude][i].Returns.IsZero())
			require.Equal(t, a.Lines, m.Lines)
		}
	}
}

// Taking lines back leaves, to the byte, what was there without them.
func TestRemoveIsTheInverseOfAdd(t *testing.T) {
	t.Parallel()
	for _, o := range everyOptions(t) {
		if !o.Lines {
			continue
		}
		t.Run(optionsName(o), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(4, uint64(o.Periods)))
			kept, back := randomLines(r, 60), randomLines(r, 40)
			back = append(back, kept[:5]...) // equal lines count
			want := summaryWith(t, o, kept)

			oneByOne := summaryWith(t, o, append(back, kept...))
			r.Shuffle(len(back), func(i, j int) { back[i], back[j] = back[j], back[i] })
			for _, tx := range back {
				require.NoError(t, oneByOne.Remove(tx))
			}
			require.Equal(t, bytesOf(t, want), bytesOf(t, oneByOne))
			require.Equal(t, rosters(t, want), rosters(t, oneByOne))

			atOnce := summaryWith(t, o, append(kept, back...))
			require.NoError(t, atOnce.RemoveAll(back))
			require.Equal(t, bytesOf(t, want), bytesOf(t, atOnce))

			merged := summaryWith(t, o, kept)
			other := summaryWith(t, o, back)
			require.NoError(t, merged.Merge(other))
			require.NoError(t, merged.Subtract(other))
			require.Equal(t, bytesOf(t, want), bytesOf(t, merged))
			require.NoError(t, merged.Subtract(merged), "a summary less itself is empty")
			require.Equal(t, bytesOf(t, NewSummary(o)), bytesOf(t, merged))
			require.NoError(t, merged.AddAll(kept, nil))
			require.Equal(t, bytesOf(t, want), bytesOf(t, merged), "and can be filled again")
		})
	}
}
