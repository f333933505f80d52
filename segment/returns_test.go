package segment

import (
	"encoding/json"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
)

func ofProduct(tx keyaccount.Transaction, p string) keyaccount.Transaction {
	tx.Product = p
	return tx
}

func readAs(t testing.TB, s *Summary, asOf string, p AccountPolicy) *Roster {
	t.Helper()
	r, err := s.Roster(day(asOf), &p)
	require.NoError(t, err)
	return r
}

var matching = SummaryOptions{Lines: true, Periods: ByMonth, OrderDays: true}

func TestReturnBelongsToTheOrderOfItsID(t *testing.T) {
	t.Parallel()
	s := summaryWith(t, matching, []keyaccount.Transaction{
		line("A", "1", "2025-01-10", "1", "60"),
		line("A", "1", "2025-01-12", "1", "40"),
		line("A", "2", "2025-02-10", "1", "70"),
		line("A", "1", "2025-03-05", "-1", "-100"), // all of order 1
	})
	net := readAs(t, s, "2025-03-20", AccountPolicy{}).Accounts[0]
	assert.Equal(t, []int{2, 0}, []int{net.Orders, net.UndoneOrders})
	assert.Equal(t, day("2025-01-10"), net.FirstOrder)
	assert.Equal(t, []string{"100", "70", "-100"}, periodNets(net), "the return falls into March")

	a := readAs(t, s, "2025-03-20", AccountPolicy{Returns: MatchToOrder}).Accounts[0]
	assert.Equal(t, []int{1, 1, 1}, []int{a.Orders, a.UndoneOrders, a.ReturnOrders})
	assert.Equal(t, day("2025-02-10"), a.FirstOrder)
	assert.Equal(t, day("2025-02-10"), a.LastOrder)
	assert.Equal(t, day("2025-03-05"), a.LastActivity)
	assert.Equal(t, []string{"0", "70"}, periodNets(a), "the return falls into January, with its order")
	assert.Equal(t, "70", a.Net.StringFixed(0))
	assert.Equal(t, 1, a.Detail.Gaps.OrderDays)
}

func periodNets(a Account) (out []string) {
	for _, p := range a.Detail.Periods {
		out = append(out, p.Net.StringFixed(0))
	}
	return out
}

func TestReturnBelongsToTheMostRecentPurchaseOfItsProduct(t *testing.T) {
	t.Parallel()
	s := summaryWith(t, matching, []keyaccount.Transaction{
		ofProduct(line("A", "1", "2025-01-10", "5", "50"), "pen"),
		ofProduct(line("A", "2", "2025-02-10", "5", "50"), "pen"),
		ofProduct(line("A", "2b", "2025-02-10", "5", "50"), "pen"), // same instant: the id that sorts last
		ofProduct(line("A", "3", "2025-03-10", "5", "50"), "ink"),
		ofProduct(line("A", "4", "2025-04-10", "5", "50"), "pen"), // after the return
		ofProduct(line("A", "C9", "2025-03-15", "-5", "-50"), "pen"),
	})
	a := readAs(t, s, "2025-05-01", AccountPolicy{Returns: MatchToOrder}).Accounts[0]
	assert.Equal(t, []int{4, 1}, []int{a.Orders, a.UndoneOrders})
	assert.Equal(t, []string{"50", "50", "50", "50"}, periodNets(a))

	// A return at the very instant of the purchase belongs to it.
	s = summaryWith(t, matching, []keyaccount.Transaction{
		ofProduct(line("A", "1", "2025-01-10", "5", "50"), "pen"),
		ofProduct(line("A", "C9", "2025-01-10", "-5", "-50"), "pen"),
	})
	assert.Equal(t, 1, readAs(t, s, "2025-05-01", AccountPolicy{Returns: MatchToOrder}).Accounts[0].UndoneOrders)

	// Part of it: the order stands, and is worth less.
	s = summaryWith(t, matching, []keyaccount.Transaction{
		ofProduct(line("A", "1", "2025-01-10", "5", "50"), "pen"),
		ofProduct(line("A", "C9", "2025-03-15", "-5", "-49"), "pen"),
	})
	a = readAs(t, s, "2025-05-01", AccountPolicy{Returns: MatchToOrder}).Accounts[0]
	assert.Equal(t, []int{1, 0}, []int{a.Orders, a.UndoneOrders})
	assert.Equal(t, []string{"1"}, periodNets(a))
}

func TestReturnThatBelongsToNothing(t *testing.T) {
	t.Parallel()
	s := summaryWith(t, matching, []keyaccount.Transaction{
		ofProduct(line("A", "1", "2025-02-10", "5", "50"), "pen"),
		ofProduct(line("A", "C1", "2025-01-15", "-5", "-50"), "pen"), // before the purchase
		ofProduct(line("A", "C2", "2025-03-15", "-5", "-20"), "ink"), // never bought
		line("A", "", "2025-04-15", "-5", "-10"),                     // neither order nor product
	})
	a := readAs(t, s, "2025-05-01", AccountPolicy{Returns: MatchToOrder}).Accounts[0]
	assert.Equal(t, []int{1, 0}, []int{a.Orders, a.UndoneOrders})
	assert.Equal(t, []string{"-50", "50", "-20", "-10"}, periodNets(a), "deducted where they happen")
	assert.Equal(t, "-30", a.Net.StringFixed(0))
}

// The engine must not be clever about matching: a naive search through all
// lines, for each return, agrees.
func TestMatchingAgreesWithANaiveSearch(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(12, 12))
	for range 40 {
		txs := randomLines(r, r.IntN(120))
		for _, a := range readAs(t, summaryWith(t, matching, txs), "2035-01-01", AccountPolicy{Returns: MatchToOrder}).Accounts {
			require.Equal(t, naiveMatch(txs, a.ID), matchFigures(a), a.ID)
		}
	}
}

type matchResult struct {
	orders, undone int
	first, last    string
	months         map[string]string
}

func matchFigures(a Account) matchResult {
	m := matchResult{orders: a.Orders, undone: a.UndoneOrders, first: a.FirstOrder.String(), last: a.LastOrder.String(), months: map[string]string{}}
	for _, p := range a.Detail.Periods {
		m.months[p.From.Format("2006-01")] = p.Net.Normalize().StringFixed(9)
	}
	return m
}

func naiveMatch(txs []keyaccount.Transaction, account string) matchResult {
	type order struct {
		net         decimal.Decimal
		returned    bool
		first, last time.Time
	}
	key := func(i int) string { // a line without an id is an order of its own
		if txs[i].Order == "" {
			return "line " + strconv.Itoa(i)
		}
		return "order " + txs[i].Order
	}
	orders := map[string]*order{}
	for i, tx := range txs {
		if tx.Account != account || tx.IsReturn() {
			continue
		}
		o := orders[key(i)]
		if o == nil {
			o = &order{first: tx.Time, last: tx.Time}
			orders[key(i)] = o
		}
		o.net = o.net.Add(tx.Amount)
		if tx.Time.Before(o.first) {
			o.first = tx.Time
		}
		if tx.Time.After(o.last) {
			o.last = tx.Time
		}
	}
	months := map[string]decimal.Decimal{}
	for i, tx := range txs {
		if tx.Account != account || !tx.IsReturn() {
			continue
		}
		o := orders[key(i)]
		if o == nil {
			best := -1
			for k, b := range txs {
				if b.Account != account || b.IsReturn() || b.Product != tx.Product || b.Time.After(tx.Time) {
					continue
				}
				if best < 0 || b.Time.After(txs[best].Time) || b.Time.Equal(txs[best].Time) && b.Order > txs[best].Order {
					best = k
				}
			}
			if best >= 0 {
				o = orders[key(best)]
			}
		}
		if o == nil {
			month := tx.Time.UTC().Format("2006-01")
			months[month] = months[month].Add(tx.Amount)
			continue
		}
		o.net, o.returned = o.net.Add(tx.Amount), true
	}
	var m matchResult
	var first, last time.Time
	for _, o := range orders {
		month := o.first.UTC().Format("2006-01")
		months[month] = months[month].Add(o.net)
		if o.returned && o.net.Sign() <= 0 {
			m.undone++
			continue
		}
		if m.orders == 0 || o.first.Before(first) {
			first = o.first
		}
		if m.orders == 0 || o.last.After(last) {
			last = o.last
		}
		m.orders++
	}
	m.first, m.last, m.months = first.UTC().String(), last.UTC().String(), map[string]string{}
	for month, net := range months {
		m.months[month] = net.Normalize().StringFixed(9)
	}
	return m
}

// A credit larger than the order is not clipped: the account's Net is money.
func TestMoneyIsNotClipped(t *testing.T) {
	t.Parallel()
	s := summaryWith(t, matching, []keyaccount.Transaction{
		line("A", "1", "2025-01-10", "1", "60"), line("A", "1", "2025-02-10", "-1", "-90"), line("A", "2", "2025-01-20", "1", "50"),
	})
	a := readAs(t, s, "2025-05-01", AccountPolicy{Returns: MatchToOrder}).Accounts[0]
	assert.Equal(t, []string{"20"}, periodNets(a))
	assert.Equal(t, []int{1, 1}, []int{a.Orders, a.UndoneOrders})
}

func TestEqualOrdersWithoutAnIDAreUndoneOneByOne(t *testing.T) {
	t.Parallel()
	sold := ofProduct(line("A", "", "2025-01-10", "1", "10"), "pen")
	for _, c := range []struct {
		back   string
		orders int
	}{{"-0.5", 3}, {"-9.99", 3}, {"-10", 2}, {"-10.01", 2}, {"-20", 1}, {"-29.99", 1}, {"-30", 0}, {"-31", 0}} {
		s := summaryWith(t, matching, []keyaccount.Transaction{
			sold, sold, sold, ofProduct(line("A", "", "2025-01-11", "-1", c.back), "pen"),
		})
		a := readAs(t, s, "2025-05-01", AccountPolicy{Returns: MatchToOrder}).Accounts[0]
		assert.Equal(t, []int{c.orders, 3 - c.orders}, []int{a.Orders, a.UndoneOrders}, c.back)
		assert.Equal(t, 4, a.Lines)
	}
	// A gift that was taken back is no order; one that was not is.
	gift := ofProduct(line("A", "G", "2025-01-10", "1", "0"), "mug")
	s := summaryWith(t, matching, []keyaccount.Transaction{gift})
	assert.Equal(t, 1, readAs(t, s, "2025-05-01", AccountPolicy{Returns: MatchToOrder}).Accounts[0].Orders)
	require.NoError(t, s.Add(ofProduct(line("A", "", "2025-02-10", "-1", "0"), "mug")))
	assert.Equal(t, 0, readAs(t, s, "2025-05-01", AccountPolicy{Returns: MatchToOrder}).Accounts[0].Orders)
}

// easy-digital-downloads 7947: with two orders, one of which was refunded, the
// refund was deducted but its order not counted, and the value was negative.
func TestRefundedOrderIsDeductedOnce(t *testing.T) {
	t.Parallel()
	s := summaryWith(t, matching, []keyaccount.Transaction{
		line("A", "1", "2025-01-10", "1", "120"), line("A", "2", "2025-01-11", "1", "20"), line("A", "1", "2025-01-12", "-1", "-120"),
	})
	for _, p := range []ReturnsPolicy{Net, MatchToOrder} {
		assert.Equal(t, "20", readAs(t, s, "2025-02-01", AccountPolicy{Returns: p}).Accounts[0].Net.StringFixed(0), p)
	}
}

// jaffle_shop_duckdb pull request 88: with returns inflating the value, an
// account that sends back what it buys outranks one that keeps it.
func TestReturnsReclassAccounts(t *testing.T) {
	t.Parallel()
	s := summaryWith(t, SummaryOptions{}, []keyaccount.Transaction{
		line("keeps", "1", "2025-01-10", "1", "500"),
		line("returns", "2", "2025-01-10", "1", "900"), line("returns", "2", "2025-01-20", "-1", "-700"),
	})
	better := func(p ReturnsPolicy) bool {
		a := readAs(t, s, "2025-02-01", AccountPolicy{Returns: p}).Accounts
		return a[0].Net.GreaterThan(a[1].Net)
	}
	assert.True(t, better(Net))
	assert.False(t, better(Gross))
	assert.False(t, better(Exclude))
}

func TestGrossReportsAndExcludeForgets(t *testing.T) {
	t.Parallel()
	s := summaryWith(t, SummaryOptions{Periods: ByMonth}, []keyaccount.Transaction{
		line("A", "1", "2025-01-10", "1", "120"), line("A", "9", "2025-02-12", "-1", "-20"), line("B", "9", "2025-02-12", "-1", "-5"),
	})
	gross := readAs(t, s, "2025-03-01", AccountPolicy{Returns: Gross}).Accounts
	assert.Equal(t, []string{"120", "-20", "120"}, figuresOf(gross[0]))
	assert.Equal(t, day("2025-02-12"), gross[0].LastActivity)
	assert.Len(t, gross[0].Detail.Periods, 2)
	assert.Equal(t, []string{"0", "-5", "0"}, figuresOf(gross[1]))

	without := readAs(t, s, "2025-03-01", AccountPolicy{Returns: Exclude}).Accounts
	assert.Equal(t, []string{"120", "0", "120"}, figuresOf(without[0]))
	assert.Equal(t, day("2025-01-10"), without[0].LastActivity)
	assert.Equal(t, []int{2, 0}, []int{without[0].Lines, without[0].ReturnOrders})
	assert.Len(t, without[0].Detail.Periods, 1)
	assert.True(t, without[1].LastActivity.IsZero())
	assert.Empty(t, without[1].Detail.Periods)
}

func figuresOf(a Account) []string {
	return []string{a.Gross.StringFixed(0), a.Returns.StringFixed(0), a.Net.StringFixed(0)}
}

// Reading asks for what was collected, or is told that it was not.
func TestPolicyThatWasNotCollectedFor(t *testing.T) {
	t.Parallel()
	light := summaryWith(t, SummaryOptions{}, []keyaccount.Transaction{line("A", "1", "2025-01-10", "1", "1")})
	for _, p := range []AccountPolicy{{Returns: MatchToOrder}, {Orders: OneOrderADay}} {
		_, err := light.Roster(day("2025-02-01"), &p)
		require.ErrorIs(t, err, ErrNotCollected)

		// The options' own policy is always collected for.
		s := summaryWith(t, SummaryOptions{Policy: p}, []keyaccount.Transaction{line("A", "1", "2025-01-10", "1", "1")})
		r, err := s.Roster(day("2025-02-01"), nil)
		require.NoError(t, err)
		assert.Equal(t, p, r.Policy)
		assert.Equal(t, r.Accounts, s.Accounts(day("2025-02-01")))
	}
	assert.Nil(t, light.Accounts(day("2025-02-01"))[0].Detail, "what was not collected is absent, not zero")
}

func TestAccountPolicyOutsideItsDomain(t *testing.T) {
	t.Parallel()
	bad := AccountPolicy{Returns: 9, Orders: -1, Recency: 9, CancelOnly: 9, NonPositive: 9, TopCategories: -1}
	err := bad.Validate()
	for _, field := range []string{"Returns", "Orders", "Recency", "CancelOnly", "NonPositive", "TopCategories"} {
		assert.ErrorContains(t, err, field)
	}
	_, err = new(Summary).Roster(time.Time{}, &bad)
	require.ErrorIs(t, err, keyaccount.ErrOutOfRange)

	for _, o := range []SummaryOptions{
		{Policy: bad},
		{Periods: 17},
		{Categories: &CategoryOptions{Of: func(keyaccount.Transaction) string { return "" }}},
	} {
		s := NewSummary(o)
		tx := line("A", "1", "2025-01-10", "1", "1")
		var in *keyaccount.InputError
		require.ErrorAs(t, s.Add(tx), &in)
		require.ErrorAs(t, s.AddAll([]keyaccount.Transaction{tx}, nil), &in)
		require.ErrorAs(t, s.Merge(NewSummary(o)), &in)
		require.ErrorAs(t, new(Summary).Merge(s), &in)
		require.ErrorAs(t, s.Remove(tx), &in)
		require.ErrorAs(t, s.UnmarshalBinary(nil), &in)
		require.ErrorAs(t, s.UnmarshalJSON(nil), &in)
		_, err := s.MarshalBinary()
		require.ErrorAs(t, err, &in)
		_, err = s.MarshalJSON()
		require.ErrorAs(t, err, &in)
		_, err = s.Roster(day("2025-01-11"), nil)
		require.ErrorAs(t, err, &in)
		assert.Empty(t, s.Accounts(day("2025-01-11")))
	}
}

func TestAccountPolicyJSON(t *testing.T) {
	t.Parallel()
	p := AccountPolicy{Version: "2025-11", Returns: MatchToOrder, Orders: OneOrderADay, Recency: ElapsedDays, CancelOnly: DropAccounts, NonPositive: SeparateAccounts, TopCategories: 3}
	b, err := json.Marshal(p)
	require.NoError(t, err)
	assert.JSONEq(t, `{"version":"2025-11","returns":"match_to_order","orders":"one_order_a_day","recency":"elapsed_days",
		"cancel_only":"drop","non_positive":"separate","top_categories":3}`, string(b))
	var back AccountPolicy
	require.NoError(t, json.Unmarshal(b, &back))
	assert.Equal(t, p, back)

	for _, text := range []string{
		`{"returns":"NET"}`, `{"orders":"x"}`, `{"recency":"x"}`, `{"cancel_only":"x"}`, `{"non_positive":""}`,
	} {
		require.ErrorIs(t, json.Unmarshal([]byte(text), &back), keyaccount.ErrMalformed, text)
	}
	_, err = json.Marshal(AccountPolicy{Returns: 9})
	require.ErrorIs(t, err, keyaccount.ErrOutOfRange)
	assert.Equal(t, "ReturnsPolicy(9)", ReturnsPolicy(9).String())
	assert.Equal(t, "match_to_order one_order_a_day elapsed_days separate quarter",
		MatchToOrder.String()+" "+OneOrderADay.String()+" "+ElapsedDays.String()+" "+SeparateAccounts.String()+" "+ByQuarter.String())
}
