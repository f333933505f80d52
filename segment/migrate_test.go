package segment

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/oracle"
)

// uciDates returns all of UCI Online Retail as it stood on 10 June 2011 and on
// 10 December 2011, each from the beginning of the data.
func uciDates(t testing.TB) (before, after []Account) {
	t.Helper()
	txs, sum := uciLines(t)
	mid := day("2011-06-10")
	half := new(Summary)
	for _, tx := range txs {
		if tx.Time.Before(mid) {
			require.NoError(t, half.Add(tx))
		}
	}
	return half.Accounts(mid), sum.Accounts(uciAsOf)
}

func fitted(t testing.TB, accounts []Account, opts *RFMOptions) *Model {
	t.Helper()
	m, err := FitRFM(accounts, opts)
	require.NoError(t, err)
	return m
}

// TestOracleOnlineRetailMigration: the customers who had bought by 10 June
// 2011, on its own quintiles of net revenue, and where the same cuts put them
// on 10 December. The matrix holds the 2,800 who have a score on both dates;
// the index compares all 2,800 to all 4,339.
func TestOracleOnlineRetailMigration(t *testing.T) {
	t.Parallel()
	rows := oracle.CSV(t, "oracles/segment/oracle_online_retail_migration_m_frozen.csv")
	before, after := uciDates(t)
	got, err := Migrate(fitted(t, before, nil), before, after)
	require.NoError(t, err)
	require.Len(t, rows, 5)
	for i, row := range rows {
		require.Equal(t, strconv.Itoa(i+1), row["sm"])
		for j, c := range got.M.Counts[i] {
			require.Equal(t, row[strconv.Itoa(j+1)], strconv.Itoa(c), "%d -> %d", i+1, j+1)
		}
	}
}

// The same, typed in: the frozen cuts see the top tier grow from 20 % to
// 30.5 %; refitted quintiles are blind to it, being 20 % by construction.
func TestOnlineRetailPSIIsSeenByFrozenCutsOnly(t *testing.T) {
	t.Parallel()
	before, after := uciDates(t)
	frozen := fitted(t, before, nil)
	got, err := Migrate(frozen, before, after)
	require.NoError(t, err)
	assert.Equal(t, []string{"1", "2", "3", "4", "5"}, got.M.Labels)
	assert.Equal(t, []int{327, 75, 86, 55, 17}, got.M.Counts[0])
	assert.Equal(t, []int{560, 560, 560, 560, 560}, got.M.Before)
	assert.Equal(t, []int{705, 621, 787, 902, 1324}, got.M.After)
	assert.Equal(t, []int{0, 0, 0, 0, 0}, got.M.Left)
	assert.Equal(t, []int{2800, 1536, 1259, 5}, []int{got.M.Stayed, got.M.Same, got.M.Up, got.M.Down})
	require.NotNil(t, got.M.PSI)
	assert.InDelta(t, 0.07337, got.M.PSI.PSI, 5e-6)
	assert.InDelta(t, 0.305, got.M.PSI.Bins[4].After, 5e-4)
	assert.True(t, got.M.PSI.Test.Significant)

	// Of the 44 who had only cancelled by June, 17 ordered later; of the 33
	// who had only cancelled by December, 6 are new.
	assert.Equal(t, []int{2800, 1522, 17, 0, 0, 33}, []int{got.Stayed, got.Entered, got.Started, got.Left, got.Stopped, got.Unscored})
	assert.Equal(t, len(after), got.Stayed+got.Entered+got.Started+got.Unscored)
	// One order is the lowest quintile of orders and two of its cuts: nobody
	// can have the score 2, on either date.
	assert.Equal(t, []int{1338, 0, 568, 485, 409}, got.F.Before)
	require.NotNil(t, got.F.PSI)
	assert.Equal(t, 3, got.F.PSI.Test.DF)

	refitted := fitted(t, after, nil)
	blind, err := PSI(frozen.Monetary.Counts, refitted.Monetary.Counts, nil)
	require.NoError(t, err)
	assert.InDelta(t, 0.0000002, blind.PSI, 5e-8)
	assert.False(t, blind.Test.Significant)
}

func accountOn(id, asOf string, days, orders int, net string) Account {
	return Account{ID: id, Currency: "EUR", AsOf: day(asOf), DaysSinceLast: days, Orders: orders, Net: dec(net)}
}

// byHand is a model of five scores with cuts that can be followed by eye.
func byHand() *Model {
	return &Model{
		Schema: ModelSchema, Version: ModelVersion, AsOf: day("2025-01-01"), Currency: "EUR", Bins: 5, Rule: Type7, Scored: 5,
		Recency:   Scale[int]{Cuts: []Cut[int]{{Value: 10}, {Value: 30}, {Value: 60}, {Value: 90}}, Counts: []int{1, 1, 1, 1, 1}},
		Frequency: Scale[int]{Cuts: []Cut[int]{{Value: 1}, {Value: 2}, {Value: 4}, {Value: 8}}, Counts: []int{1, 1, 1, 1, 1}},
		Monetary: Scale[decimal.Decimal]{Cuts: []Cut[decimal.Decimal]{
			{Value: dec("100")}, {Value: dec("1000"), Over: 3}, {Value: dec("500"), OrEqual: true}, {Value: dec("1000")},
		}, Counts: []int{1, 1, 1, 1, 1}},
	}
}

func TestMigrateTellsWhoCameAndWhoWent(t *testing.T) {
	t.Parallel()
	before := []Account{
		accountOn("stays", "2025-01-01", 5, 3, "120"),
		accountOn("rises", "2025-01-01", 40, 2, "90"),
		accountOn("leaves", "2025-01-01", 20, 1, "700"),
		accountOn("stops", "2025-01-01", 20, 1, "50"),
		accountOn("starts", "2025-01-01", -1, 0, "-5"),
		accountOn("returns only", "2025-01-01", -1, 0, "-9"),
	}
	after := []Account{
		accountOn("stops", "2025-07-01", -1, 0, "0"),
		accountOn("enters", "2025-07-01", 1, 1, "10"),
		accountOn("rises", "2025-07-01", 4, 9, "90.00"),
		accountOn("starts", "2025-07-01", 3, 1, "2000"),
		accountOn("stays", "2025-07-01", 9, 4, "130"),
		accountOn("returns only", "2025-07-01", -1, 0, "-9"),
	}
	got, err := Migrate(byHand(), before, after)
	require.NoError(t, err)
	assert.Equal(t, []int{2, 1, 1, 1, 1, 1, 1}, []int{
		got.Stayed, got.Moved, got.Entered, got.Started, got.Left, got.Stopped, got.Unscored,
	})
	assert.Equal(t, []Move{
		{ID: "enters", Kind: MoveEntered, To: Score{R: 5, F: 1, M: 1}, After: Figures{DaysSinceLast: 1, Orders: 1, Net: dec("10")}},
		{ID: "leaves", Kind: MoveLeft, From: Score{R: 4, F: 1, M: 4}, Before: Figures{DaysSinceLast: 20, Orders: 1, Net: dec("700")}},
		{
			ID: "rises", Kind: MoveScore, From: Score{R: 3, F: 2, M: 1}, To: Score{R: 5, F: 5, M: 1}, Change: ScoreChange{R: 2, F: 3},
			Before: Figures{DaysSinceLast: 40, Orders: 2, Net: dec("90")}, After: Figures{DaysSinceLast: 4, Orders: 9, Net: dec("90.00")},
		},
		{
			ID: "starts", Kind: MoveStarted, To: Score{R: 5, F: 1, M: 5},
			Before: Figures{DaysSinceLast: -1, Orders: 0, Net: dec("-5")}, After: Figures{DaysSinceLast: 3, Orders: 1, Net: dec("2000")},
		},
		{
			ID: "stops", Kind: MoveStopped, From: Score{R: 4, F: 1, M: 1},
			Before: Figures{DaysSinceLast: 20, Orders: 1, Net: dec("50")}, After: Figures{DaysSinceLast: -1, Orders: 0, Net: dec("0")},
		},
	}, bareMoves(got.Moves))
	assert.Equal(t, []int{0, 0, 1, 2, 1}, got.R.Before)
	assert.Equal(t, []int{0, 0, 0, 2, 0}, got.R.Left)
	assert.Equal(t, []int{0, 0, 0, 0, 2}, got.R.Entered)
	assert.Equal(t, 1, got.R.Counts[2][4])
	assert.Equal(t, 1.0, got.R.Shares[2][4])
	assert.Equal(t, 0.0, got.R.Shares[3][3], "both left")
	assert.Nil(t, got.R.PSI)
	assert.Contains(t, got.R.NoPSI, "empty")
	floored, err := got.R.Compare(&PSIOptions{Empty: FloorEmpty})
	require.NoError(t, err)
	assert.Positive(t, floored.PSI)

	for _, k := range []MoveKind{MoveScore, MoveEntered, MoveStarted, MoveLeft, MoveStopped} {
		assert.NotEmpty(t, k.Label("en"))
		assert.NotEqual(t, k.Label("en"), k.Label("zh"))
	}
	assert.Equal(t, "other", MoveKind("other").Label("zh"))
}

// bare is the score without its segment and reasons, which other tests look at.
func bare(s Score) Score { return Score{R: s.R, F: s.F, M: s.M} }

func bareMoves(moves []Move) []Move {
	out := slices.Clone(moves)
	for i := range out {
		out[i].From, out[i].To = bare(out[i].From), bare(out[i].To)
	}
	return out
}

func TestMigrateWithOneSideEmpty(t *testing.T) {
	t.Parallel()
	accounts := []Account{accountOn("A", "2025-01-01", 5, 3, "120"), accountOn("B", "2025-01-01", -1, 0, "0")}
	got, err := Migrate(byHand(), nil, accounts)
	require.NoError(t, err)
	assert.Equal(t, []int{0, 1, 0, 1}, []int{got.Stayed, got.Entered, got.Left, got.Unscored})
	assert.True(t, got.Before.IsZero())
	assert.Nil(t, got.F.PSI)
	assert.NotEmpty(t, got.F.NoPSI)

	got, err = Migrate(byHand(), accounts, nil)
	require.NoError(t, err)
	assert.Equal(t, []int{0, 0, 1, 1}, []int{got.Stayed, got.Entered, got.Left, got.Unscored})
	assert.Equal(t, 0, got.F.After[2])
	_, err = Migrate(byHand(), nil, nil)
	inputError(t, err, keyaccount.ErrMissing, "before", 0)
}

func TestMigrateRefuses(t *testing.T) {
	t.Parallel()
	one := func(asOf string) []Account { return []Account{accountOn("A", asOf, 5, 3, "120")} }
	refused := func(m *Model, before, after []Account) error {
		got, err := Migrate(m, before, after)
		require.Nil(t, got)
		return err
	}
	inputError(t, refused(nil, one("2025-01-01"), nil), keyaccount.ErrMissing, "model", 0)
	spoilt := byHand()
	spoilt.Bins = 4
	inputError(t, refused(spoilt, one("2025-01-01"), nil), keyaccount.ErrOutOfRange, "model.Bins", 0)
	inputError(t, refused(byHand(), one("2025-07-01"), one("2025-01-01")), keyaccount.ErrOutOfRange, "after.AsOf", 1)
	other := one("2025-07-01")
	other[0].Currency = "USD"
	inputError(t, refused(byHand(), one("2025-01-01"), other), keyaccount.ErrMixedCurrency, "after.Currency", 1)
	twice := slices.Concat(one("2025-01-01"), one("2025-01-01"))
	inputError(t, refused(byHand(), twice, one("2025-07-01")), keyaccount.ErrDuplicate, "before.ID", 2)
	mixed := append(one("2025-01-01"), accountOn("B", "2025-01-02", 1, 1, "1"))
	inputError(t, refused(byHand(), one("2024-01-01"), mixed), keyaccount.ErrMismatch, "after.AsOf", 2)
	late := one("2025-01-01")
	late[0].LastOrder = day("2025-02-01")
	inputError(t, refused(byHand(), late, nil), keyaccount.ErrOutOfRange, "before.LastOrder", 1)
	unnamed := one("2025-01-01")
	unnamed[0].ID = ""
	inputError(t, refused(byHand(), nil, unnamed), keyaccount.ErrMissing, "after.ID", 1)
}

// later is what accounts may look like some time on: some gone, some new, the
// others changed or not, in any order.
func later(r *rand.Rand, before []Account, asOf time.Time) []Account {
	var out []Account
	for _, a := range before {
		a.AsOf = asOf
		switch r.IntN(6) {
		case 0:
			continue
		case 1:
			a.Orders, a.DaysSinceLast = 0, -1
		case 2, 3:
			a.Orders += r.IntN(5)
			a.Net = a.Net.Add(dec(strconv.Itoa(r.IntN(300) - 50)))
			if a.HasOrders() {
				a.DaysSinceLast = r.IntN(90)
			}
		}
		out = append(out, a)
	}
	for i := range 1 + r.IntN(5) {
		out = append(out, Account{
			ID: "N" + strconv.Itoa(i), AsOf: asOf, Currency: "EUR", DaysSinceLast: r.IntN(9), Orders: 1 + r.IntN(9), Net: dec(strconv.Itoa(r.IntN(900))),
		})
	}
	r.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

func sum(counts []int) (n int) {
	for _, c := range counts {
		n += c
	}
	return n
}

func TestMigrationProperties(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(31, 7))
	for range 200 {
		before := randomAccounts(r, 1+r.IntN(60))
		after := later(r, before, uciAsOf.AddDate(0, 6, 0))
		model := fitted(t, before, &RFMOptions{Bins: 2 + r.IntN(11)})
		got, err := Migrate(model, before, after)
		require.NoError(t, err)

		// The margins of every matrix add up to the accounts.
		ids := map[string]bool{}
		for _, a := range slices.Concat(before, after) {
			ids[a.ID] = true
		}
		require.Equal(t, len(ids), got.Stayed+got.Entered+got.Started+got.Left+got.Stopped+got.Unscored)
		require.Len(t, got.Moves, got.Moved+got.Entered+got.Started+got.Left+got.Stopped)
		for _, m := range []MigrationMatrix{got.R, got.F, got.M} {
			require.Equal(t, got.Stayed, m.Stayed)
			require.Equal(t, m.Stayed, m.Same+m.Up+m.Down)
			require.Equal(t, got.Entered+got.Started, sum(m.Entered))
			require.Equal(t, got.Left+got.Stopped, sum(m.Left))
			require.Equal(t, model.Scored, sum(m.Before))
			for i := range m.Labels {
				column, share := m.Entered[i], 0.0
				for j := range m.Labels {
					column += m.Counts[j][i]
					share += m.Shares[i][j]
				}
				require.Equal(t, m.Before[i], sum(m.Counts[i])+m.Left[i])
				require.Equal(t, m.After[i], column)
				if m.Before[i] > 0 {
					require.InDelta(t, 1, share+float64(m.Left[i])/float64(m.Before[i]), 1e-12)
				}
			}
			require.NotEqual(t, m.PSI == nil, m.NoPSI == "")
		}
		require.Equal(t, model.Frequency.Counts, got.F.Before)
		require.True(t, slices.IsSortedFunc(got.Moves, func(a, b Move) int { return strings.Compare(a.ID, b.ID) }))

		// Unchanged by the order of the rows.
		again := slices.Clone(before)
		r.Shuffle(len(again), func(i, j int) { again[i], again[j] = again[j], again[i] })
		other, err := Migrate(model, again, after)
		require.NoError(t, err)
		require.Equal(t, got, other)

		// Nobody moves in no time.
		same, err := Migrate(model, before, again)
		require.NoError(t, err)
		require.Empty(t, same.Moves)
		require.Equal(t, same.M.Stayed, same.M.Same)
		require.Zero(t, same.R.PSI.PSI+same.F.PSI.PSI+same.M.PSI.PSI)

		// Backwards is the transpose.
		back := slices.Clone(after)
		for i := range back {
			back[i].AsOf = uciAsOf
		}
		turned, err := Migrate(model, back, before)
		require.NoError(t, err)
		for i := range got.M.Counts {
			for j := range got.M.Counts {
				require.Equal(t, got.M.Counts[i][j], turned.M.Counts[j][i])
			}
		}
		require.Equal(t, got.M.Entered, turned.M.Left)
		require.Equal(t, got.M.Up, turned.M.Down)
	}
}

func TestMigrationIsReadableJSON(t *testing.T) {
	t.Parallel()
	a := []Account{accountOn("A", "2025-01-01", 5, 3, "120")}
	got, err := Migrate(byHand(), a, a)
	require.NoError(t, err)
	text, err := json.Marshal(got)
	require.NoError(t, err)
	assert.Contains(t, string(text), `"moves":[]`)
	var back Migration
	require.NoError(t, json.Unmarshal(text, &back))
	assert.Equal(t, *got, back)
}

func benchmarkDates(n int) (before, after []Account, model *Model) {
	r := rand.New(rand.NewPCG(1, 1))
	for i := range n {
		a := Account{
			ID: "A" + strconv.Itoa(10_000_000+i), Currency: "EUR", AsOf: day("2025-01-01"),
			DaysSinceLast: r.IntN(400), Orders: 1 + r.IntN(20), Net: dec(strconv.Itoa(r.IntN(100_000)) + ".25"),
		}
		if i%20 != 0 {
			before = append(before, a)
		}
		a.AsOf = day("2025-07-01")
		if i%2 == 0 {
			a.DaysSinceLast += 180
		} else {
			a.DaysSinceLast, a.Orders = r.IntN(180), a.Orders+r.IntN(9)
		}
		if i%19 != 0 {
			after = append(after, a)
		}
	}
	model, err := FitRFM(before, nil)
	if err != nil {
		panic(err)
	}
	return before, after, model
}

func TestChunksKeepEverythingInOrder(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, chunkSize, chunkSize + 1, 3*chunkSize + 7} {
		var c chunks[int]
		for i := range n {
			c.add(i)
		}
		got := c.list()
		require.NotNil(t, got)
		require.Len(t, got, n)
		require.True(t, slices.IsSorted(got))
	}
}

// One operation is a migration of a million accounts.
func BenchmarkMigrateMillion(b *testing.B) {
	before, after, model := benchmarkDates(1_000_000)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Migrate(model, before, after); err != nil {
			b.Fatal(err)
		}
	}
}
