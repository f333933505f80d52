package segment

import (
	"encoding/binary"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/exact"
	"github.com/keyaccount/keyaccount/internal/oracle"
	saved "github.com/keyaccount/keyaccount/internal/state"
)

func cohortsOf(t testing.TB, txs ...keyaccount.Transaction) *Cohorts {
	t.Helper()
	c := new(Cohorts)
	for _, tx := range txs {
		require.NoError(t, c.Add(tx))
	}
	return c
}

func cohortBytes(t testing.TB, c *Cohorts) []byte {
	t.Helper()
	b, err := c.MarshalBinary()
	require.NoError(t, err)
	return b
}

func cohortTable(t testing.TB, c *Cohorts, to string, unit CohortUnit) *CohortTable {
	t.Helper()
	table, err := c.Table(day(to), unit)
	require.NoError(t, err)
	return table
}

// Purchases are the lines that are no returns. With all lines 82 of the 91
// cells differ, with those of a positive amount only, one.
func TestOracleOnlineRetailCohorts(t *testing.T) {
	t.Parallel()
	rows := oracle.CSV(t, "oracles/segment/oracle_online_retail_cohort_counts.csv")
	txs, sum := uciLines(t)
	table := cohortTable(t, cohortsOf(t, txs...), "2011-12-10", CohortMonth)
	require.Len(t, table.Cohorts, len(rows))
	require.True(t, table.Partial, "December 2011 ends on the 9th")
	buyers := 0
	for i, row := range rows {
		c := table.Cohorts[i]
		require.Equal(t, row["c"], c.Period)
		require.Len(t, c.Cells, 13-i)
		buyers += c.Size
		for since := range 13 {
			want, err := strconv.Atoi(row[strconv.Itoa(since)])
			require.NoError(t, err)
			if since >= len(c.Cells) {
				require.Zero(t, want)
				continue
			}
			require.Equal(t, want, c.Cells[since].Active, "%s + %d", c.Period, since)
			require.Equal(t, float64(want)/float64(c.Size), c.Cells[since].Retention)
		}
	}
	assert.Equal(t, []int{4339, 33}, []int{buyers, table.WithoutPurchase})

	// Every cent of the file is in a cell or outside of all of them.
	net := table.OutsideNet
	for _, c := range table.Cohorts {
		for _, cell := range c.Cells {
			net = net.Add(cell.Net)
		}
	}
	var want decimal.Decimal
	for _, a := range sum.Accounts(uciAsOf) {
		want = want.Add(a.Net)
	}
	assert.Equal(t, want.StringFixed(3), net.StringFixed(3))
}

// The first row of that file, typed: of the 885 accounts that first bought in
// December 2010, 324 bought in January and 235 in the nine days of December
// 2011, which take no part in the curve.
func TestOnlineRetailFirstCohort(t *testing.T) {
	t.Parallel()
	txs, _ := uciLines(t)
	table := cohortTable(t, cohortsOf(t, txs...), "2011-12-10", CohortMonth)
	var active []int
	for _, cell := range table.Cohorts[0].Cells {
		active = append(active, cell.Active)
	}
	assert.Equal(t, []int{885, 324, 286, 340, 321, 352, 321, 309, 313, 350, 331, 445, 235}, active)
	require.Len(t, table.Curve, 12)
	assert.Equal(t, CohortPoint{Since: 11, Size: 885, Active: 445, Retention: 445.0 / 885}, table.Curve[11])
}

func TestCohortTableByHand(t *testing.T) {
	t.Parallel()
	c := cohortsOf(t,
		line("A", "1", "2025-01-05", "1", "100"), line("A", "2", "2025-01-30", "1", "50"),
		line("A", "3", "2025-03-01", "1", "75"), line("A", "C", "2025-02-10", "-1", "-10"),
		line("B", "4", "2025-01-31", "1", "50"), line("B", "5", "2025-02-01", "1", "20"),
		line("C", "C", "2025-01-10", "-1", "-5"), line("C", "6", "2025-03-31", "1", "0"),
		line("D", "C", "2025-02-02", "-1", "-7"), line("E", "7", "2025-04-01", "1", "9"),
	)
	table := cohortTable(t, c, "2025-04-01", CohortMonth)
	b, err := json.Marshal(table)
	require.NoError(t, err)
	assert.JSONEq(t, `{"unit":"month","currency":"EUR","to":"2025-04-01T00:00:00Z","partial":false,"cohorts":[
		{"period":"2025-01","size":2,"cells":[
			{"since":0,"active":2,"retention":1,"net":"200","net_retention":1},
			{"since":1,"active":1,"retention":0.5,"net":"10","net_retention":0.05},
			{"since":2,"active":1,"retention":0.5,"net":"75","net_retention":0.375}]},
		{"period":"2025-02","size":0,"cells":[
			{"since":0,"active":0,"retention":0,"net":"0","net_retention":0},
			{"since":1,"active":0,"retention":0,"net":"0","net_retention":0}]},
		{"period":"2025-03","size":1,"cells":[{"since":0,"active":1,"retention":1,"net":"0","net_retention":0}]}],
		"curve":[{"since":0,"size":3,"active":3,"retention":1},{"since":1,"size":2,"active":1,"retention":0.5},{"since":2,"size":2,"active":1,"retention":0.5}],
		"without_purchase":2,"outside_net":"-3"}`, string(b))

	var back CohortTable
	require.NoError(t, json.Unmarshal(b, &back))
	assert.Equal(t, CohortMonth, back.Unit)

	half := cohortTable(t, c, "2025-03-15", CohortMonth)
	assert.True(t, half.Partial)
	assert.Len(t, half.Cohorts, 3, "of the month that is cut all that was added counts")
	assert.Len(t, half.Curve, 2)

	quarters := cohortTable(t, c, "2025-07-01", CohortQuarter)
	require.Len(t, quarters.Cohorts, 2)
	assert.Equal(t, []string{"2025-Q1", "2025-Q2"}, []string{quarters.Cohorts[0].Period, quarters.Cohorts[1].Period})
	assert.Equal(t, 3, quarters.Cohorts[0].Size)
	years := cohortTable(t, c, "2026-01-01", CohortYear)
	require.Len(t, years.Cohorts, 1)
	assert.Equal(t, Cohort{Period: "2025", Size: 4, Cells: []CohortCell{{Active: 4, Retention: 1, Net: dec("289"), NetRetention: 1}}}, years.Cohorts[0])
	assert.Equal(t, "-7", years.OutsideNet.StringFixed(0))

	empty := cohortTable(t, new(Cohorts), "2025-01-01", CohortMonth)
	assert.Empty(t, empty.Cohorts)
	assert.Empty(t, empty.Curve)
}

// Months are those of the Location, also where clocks are turned at midnight
// on the last of a month (Sao Paulo), where the first hour of a month comes
// twice (Havana), or a day is left out (Apia): the remembered month must never
// be asked too near its ends.
func TestCohortMonthsAreThoseOfTheLocation(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(4, 4))
	for _, name := range []string{"UTC", "Asia/Shanghai", "America/Sao_Paulo", "America/Havana", "Pacific/Apia", "Asia/Kathmandu"} {
		zone, err := time.LoadLocation(name)
		require.NoError(t, err)
		var s monthSpan
		for range 20000 {
			// Around the ends of months, where it matters.
			at := time.Date(2005+r.IntN(10), time.Month(1+r.IntN(12)), 1, 0, 0, 0, 0, zone).Unix() + r.Int64N(8*86400) - 4*86400
			y, m, _ := time.Unix(at, 0).In(zone).Date()
			require.Equal(t, monthIndex(y, m), s.month(at, zone), "%s %d", name, at)
		}
	}
}

func TestCohortsAreACommutativeMonoid(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(12, 1))
	merged := func(parts ...*Cohorts) *Cohorts {
		out := new(Cohorts)
		for _, p := range parts {
			require.NoError(t, out.Merge(p))
		}
		return out
	}
	for range 60 {
		txs := randomLines(r, r.IntN(300))
		whole := cohortsOf(t, txs...)
		want := cohortBytes(t, whole)
		r.Shuffle(len(txs), func(i, j int) { txs[i], txs[j] = txs[j], txs[i] })
		i := r.IntN(len(txs) + 1)
		a, b := cohortsOf(t, txs[:i]...), cohortsOf(t, txs[i:]...)
		before := [][]byte{cohortBytes(t, a), cohortBytes(t, b)}
		for name, got := range map[string]*Cohorts{
			"any order": cohortsOf(t, txs...), "split": merged(a, b), "commutative": merged(b, a),
			"identity on the left": merged(new(Cohorts), whole), "identity on the right": merged(whole, new(Cohorts)),
		} {
			require.Equal(t, want, cohortBytes(t, got), name)
			require.Equal(t, cohortTable(t, whole, "2035-01-01", CohortYear), cohortTable(t, got, "2035-01-01", CohortYear), name)
		}
		require.Equal(t, before, [][]byte{cohortBytes(t, a), cohortBytes(t, b)}, "merging leaves the other side alone")

		back := new(Cohorts)
		require.NoError(t, back.UnmarshalBinary(want))
		require.Equal(t, want, cohortBytes(t, back))
		require.NoError(t, back.Merge(whole))
		require.NoError(t, whole.Merge(whole))
		require.Equal(t, cohortBytes(t, whole), cohortBytes(t, back), "with itself")
	}
}

// A naive recount agrees, for every unit.
func TestCohortTableAgreesWithANaiveRecount(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(6, 5))
	for range 20 {
		txs := randomLines(r, 200)
		for i := range txs {
			txs[i].Account = strconv.Itoa(r.IntN(40))
			txs[i].Time = day("2023-11-01").Add(time.Duration(r.IntN(900*24)) * time.Hour)
		}
		for unit, months := range map[CohortUnit]int{CohortMonth: 1, CohortQuarter: 3, CohortYear: 12} {
			table := cohortTable(t, cohortsOf(t, txs...), "2027-01-01", unit)
			first, active := map[string]int{}, map[[2]int]map[string]bool{}
			at := func(tx keyaccount.Transaction) int {
				y, m, _ := tx.Time.UTC().Date()
				return (12*y + int(m) - 1) / months
			}
			for _, tx := range txs {
				if old, ok := first[tx.Account]; !tx.IsReturn() && (!ok || at(tx) < old) {
					first[tx.Account] = at(tx)
				}
			}
			start := 1 << 30
			for _, f := range first {
				start = min(start, f)
			}
			for _, tx := range txs {
				if tx.IsReturn() {
					continue
				}
				cell := [2]int{first[tx.Account] - start, at(tx) - first[tx.Account]}
				if active[cell] == nil {
					active[cell] = map[string]bool{}
				}
				active[cell][tx.Account] = true
			}
			for i, c := range table.Cohorts {
				for j, cell := range c.Cells {
					require.Len(t, active[[2]int{i, j}], cell.Active)
					require.LessOrEqual(t, cell.Active, c.Size)
				}
			}
		}
	}
}

func TestCohortsRefuse(t *testing.T) {
	t.Parallel()
	good := line("A", "1", "2025-03-01", "1", "10")
	c := cohortsOf(t, good)
	before := cohortBytes(t, c)
	for i, s := range []struct {
		spoil func(*keyaccount.Transaction)
		kind  error
		field string
	}{
		{func(tx *keyaccount.Transaction) { tx.Account = "" }, keyaccount.ErrMissing, "Account"},
		{func(tx *keyaccount.Transaction) { tx.Time = time.Time{} }, keyaccount.ErrMissing, "Time"},
		{func(tx *keyaccount.Transaction) { tx.Time = time.Unix(1<<60, 0) }, keyaccount.ErrOutOfRange, "Time"},
		{func(tx *keyaccount.Transaction) { tx.Currency = "USD" }, keyaccount.ErrMixedCurrency, "Currency"},
		{func(tx *keyaccount.Transaction) { tx.Amount = decimal.New(1, 1<<30) }, keyaccount.ErrOutOfRange, "Amount"},
	} {
		bad := good
		bad.Account = "NEW"
		s.spoil(&bad)
		inputError(t, c.Add(bad), s.kind, s.field, i+2)
	}
	assert.Equal(t, before, cohortBytes(t, c))

	inputError(t, c.Merge(nil), keyaccount.ErrMissing, "other", 0)
	elsewhere := NewCohorts(CohortOptions{Location: time.FixedZone("X", 3600)})
	inputError(t, c.Merge(elsewhere), keyaccount.ErrMismatch, "Location", 0)
	inputError(t, elsewhere.UnmarshalBinary(before), keyaccount.ErrMismatch, "Location", 0)
	usd := good
	usd.Currency = "USD"
	inputError(t, c.Merge(cohortsOf(t, usd)), keyaccount.ErrMixedCurrency, "Currency", 0)

	_, err := c.Table(time.Time{}, CohortMonth)
	inputError(t, err, keyaccount.ErrMissing, "to", 0)
	_, err = c.Table(time.Unix(1<<60, 0), CohortMonth)
	inputError(t, err, keyaccount.ErrOutOfRange, "to", 0)
	_, err = c.Table(day("2200-01-01"), CohortMonth)
	inputError(t, err, keyaccount.ErrOutOfRange, "to", 0)
	_, err = c.Table(day("2200-01-01"), CohortUnit(3))
	inputError(t, err, keyaccount.ErrOutOfRange, "Unit", 0)
	_, err = c.Table(day("2200-01-01"), CohortYear)
	require.NoError(t, err)
	var u CohortUnit
	inputError(t, u.UnmarshalText([]byte("week")), keyaccount.ErrMalformed, "Unit", 0)
	assert.Equal(t, "CohortUnit(7)", CohortUnit(7).String())
	_, err = CohortUnit(-1).MarshalText()
	require.ErrorIs(t, err, keyaccount.ErrOutOfRange)
}

func TestCohortsUnmarshalRefuses(t *testing.T) {
	t.Parallel()
	good := cohortBytes(t, cohortsOf(t, line("A", "1", "2025-03-01", "1", "10"), line("B", "C", "2025-05-01", "-1", "-1")))
	c := cohortsOf(t, line("KEPT", "1", "2025-03-01", "1", "10"))
	before := cohortBytes(t, c)
	for n := range good {
		inputError(t, c.UnmarshalBinary(good[:n]), keyaccount.ErrMalformed, "Cohorts", 0)
	}
	inputError(t, c.UnmarshalBinary(append(slices.Clip(good), 0)), keyaccount.ErrMalformed, "Cohorts", 0)
	newer := slices.Clone(good)
	newer[len(saved.AppendText(nil, cohortSchema))]++
	inputError(t, c.UnmarshalBinary(newer), keyaccount.ErrVersion, "Version", 0)
	inputError(t, c.UnmarshalBinary(bytesOf(t, new(Summary))), keyaccount.ErrVersion, "Schema", 0)

	var ten, minus exact.Sum
	ten.Add(dec("10"))
	minus.Add(dec("-10"))
	for name, st := range map[string][]cohortMonth{
		"no month":                   nil,
		"the same month":             {{24000, true, ten}, {24000, true, ten}},
		"beyond every calendar":      {{maxMonth + 1, true, ten}},
		"returns of a positive sum":  {{24000, false, ten}},
		"descending":                 {{24001, true, ten}, {24000, false, minus}},
		"far beyond, by large steps": {{maxMonth, true, ten}, {maxMonth + maxMonth, true, ten}},
	} {
		bad := &Cohorts{accounts: map[string]*cohortState{"A": {months: st}}}
		inputError(t, c.UnmarshalBinary(cohortBytes(t, bad)), keyaccount.ErrMalformed, "Cohorts", 0)
		assert.Equal(t, before, cohortBytes(t, c), name)
	}
	inputError(t, c.UnmarshalBinary(cohortBytes(t, &Cohorts{currency: "EUR"})), keyaccount.ErrMalformed, "Cohorts", 0)
	nameless := &Cohorts{accounts: map[string]*cohortState{"": {months: []cohortMonth{{24000, true, ten}}}}}
	inputError(t, c.UnmarshalBinary(cohortBytes(t, nameless)), keyaccount.ErrMalformed, "Cohorts", 0)
}

func TestCohortAddToAKnownMonthDoesNotAllocate(t *testing.T) {
	tx := line("ACME", "1", "2025-03-01", "1", "10.50")
	c := cohortsOf(t, tx)
	assert.Zero(t, testing.AllocsPerRun(1000, func() { _ = c.Add(tx) }))
}

func FuzzCohortsUnmarshalBinary(f *testing.F) {
	f.Add(cohortBytes(f, new(Cohorts)))
	f.Add(cohortBytes(f, cohortsOf(f, randomLines(rand.New(rand.NewPCG(1, 1)), 40)...)))
	f.Add(binary.AppendUvarint(saved.AppendText(nil, cohortSchema), 2))
	f.Fuzz(func(t *testing.T, b []byte) {
		c := new(Cohorts)
		if err := c.UnmarshalBinary(b); err != nil {
			var in *keyaccount.InputError
			require.ErrorAs(t, err, &in)
			return
		}
		again := new(Cohorts)
		require.NoError(t, again.UnmarshalBinary(cohortBytes(t, c)))
		require.Equal(t, cohortBytes(t, c), cohortBytes(t, again))
		// As of the year 100, so that a table of hundreds of years does not
		// take all the time.
		table, err := c.Table(day("0100-01-01"), CohortYear)
		require.NoError(t, err)
		_, err = json.Marshal(table)
		require.NoError(t, err)
	})
}

// Months, quarters and years are three views of the same facts: the sizes add
// up to the same accounts, the cells and what is outside to the same money, and
// whoever is active in a month is active in its quarter.
func TestCohortUnitsAgree(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(16, 5))
	for range 30 {
		txs := randomLines(r, 150)
		for i := range txs {
			txs[i].Account = strconv.Itoa(r.IntN(30))
			txs[i].Time = day("2024-01-01").Add(time.Duration(r.IntN(700*24)) * time.Hour)
		}
		c := cohortsOf(t, txs...)
		require.Equal(t, "CNY", c.Currency())
		var sizes, without []int
		var money []string
		for _, unit := range []CohortUnit{CohortMonth, CohortQuarter, CohortYear} {
			table := cohortTable(t, c, "2026-01-01", unit)
			require.False(t, table.Partial)
			size, net := 0, table.OutsideNet
			for _, cohort := range table.Cohorts {
				size += cohort.Size
				require.Equal(t, cohort.Size, cohort.Cells[0].Active)
				for _, cell := range cohort.Cells {
					net = net.Add(cell.Net)
					require.LessOrEqual(t, cell.Retention, 1.0)
				}
			}
			sizes, without = append(sizes, size), append(without, table.WithoutPurchase)
			money = append(money, net.StringFixed(6))
		}
		require.Equal(t, []int{sizes[0], sizes[0], sizes[0]}, sizes)
		require.Equal(t, []int{without[0], without[0], without[0]}, without)
		require.Equal(t, []string{money[0], money[0], money[0]}, money)
		require.Equal(t, c.Len(), sizes[0]+without[0])
	}
}

// FuzzCohortsAdd: whatever a line holds, it is refused or it is in the table.
func FuzzCohortsAdd(f *testing.F) {
	f.Add("A", "EUR", int64(1e9), int64(1050), int32(-2), int64(1))
	f.Add("", "", int64(-1<<62), int64(-1), int32(1<<30), int64(-1))
	f.Fuzz(func(t *testing.T, account, currency string, at, coef int64, exp int32, quantity int64) {
		tx := keyaccount.Transaction{
			Account: account, Currency: currency, Time: time.Unix(at, 0),
			Quantity: decimal.NewFromInt(quantity), Amount: decimal.New(coef, exp),
		}
		c := new(Cohorts)
		if err := c.Add(tx); err != nil {
			var in *keyaccount.InputError
			require.ErrorAs(t, err, &in)
			require.Zero(t, c.Len())
			return
		}
		table, err := c.Table(tx.Time.AddDate(0, 1, 0), CohortMonth)
		if err != nil { // a month before year 9999
			require.ErrorIs(t, err, keyaccount.ErrOutOfRange)
			return
		}
		if tx.IsReturn() {
			require.Equal(t, 1, table.WithoutPurchase)
			require.True(t, table.OutsideNet.Equal(tx.Amount))
			return
		}
		require.Equal(t, 1, table.Cohorts[0].Size)
		require.True(t, table.Cohorts[0].Cells[0].Net.Equal(tx.Amount))
	})
}
