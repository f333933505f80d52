package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/clv"
)

// reviewOf runs the program and reads its JSON.
func reviewOf(t *testing.T, args ...string) review {
	t.Helper()
	code, out, stderr := try(t, append(args, "-out", "", "-json")...)
	require.Zero(t, code, stderr)
	var rv review
	require.NoError(t, json.Unmarshal([]byte(out), &rv))
	return rv
}

// The as-of instant begins a day that no row is from: an account's age ends
// with the day before it, as for who calls the room with the last day.
func TestValueAddsNoDayThatNoDataCovers(t *testing.T) {
	var b strings.Builder
	b.WriteString("account,time,amount\n")
	calibration := clv.NewCalibration(clv.CalibrationOptions{})
	start := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	last := start
	r := rand.New(rand.NewPCG(4, 4))
	for i := range 500 {
		gap, leaves := 7/(0.15*r.ExpFloat64()+0.01), r.Float64()
		for day := 200 * r.Float64(); day < 400; day += gap * r.ExpFloat64() {
			at := start.AddDate(0, 0, int(day))
			fmt.Fprintf(&b, "A%03d,%s,10\n", i, at.Format(time.DateOnly))
			tx := keyaccount.Transaction{Account: fmt.Sprintf("A%03d", i), Time: at, Amount: decimal.NewFromInt(10)}
			require.NoError(t, calibration.Add(tx))
			if at.After(last) {
				last = at
			}
			if r.Float64() < leaves*leaves {
				break
			}
		}
	}
	table, err := calibration.Counts(last)
	require.NoError(t, err)
	want, err := clv.FitBGNBD(table, nil)
	require.NoError(t, err)
	rv := reviewOf(t, "-transactions", file(t, "fit.csv", b.String()))
	require.NotNil(t, rv.Value.Fit)
	assert.Equal(t, want.BGNBD, rv.Value.Fit.BGNBD)
	assert.Equal(t, want.LogLik, rv.Value.Fit.LogLik)
}

func TestNothingAfterAsOfIsSeen(t *testing.T) {
	rows := "account,time,amount\nACME,2025-01-10,100\nACME,2025-03-01,900\nBeta,2025-02-01,50\n"
	answers := "account,contact,time,score\nACME,x,2025-02-10,10\nACME,y,2026-02-01,0\nGhost,z,2025-02-01,0\n"
	invoices := "account,issued,due,amount,paid,currency\n" +
		"ACME,2025-01-10,2025-02-10,100,2025-03-01,\n" + // paid on the as-of day: still open as it begins
		"ACME,2025-03-01,2025-04-01,900,,\n" + // issued on the as-of day
		"Beta,2025-02-01,2025-02-28,50,2025-02-20,\n" +
		"Beta,2025-02-01,2025-02-28,70,,USD\n" +
		"Ghost,2025-02-01,2025-02-28,7,,\n"
	rv := reviewOf(t, "-transactions", file(t, "s.csv", rows), "-asof", "2025-03-01",
		"-answers", file(t, "a.csv", answers), "-invoices", file(t, "i.csv", invoices))
	assert.Equal(t, "150", rv.Portfolio.Net.String())
	require.NotNil(t, rv.Health)
	assert.Equal(t, 1.0, rv.Health.Portfolio.Value)
	assert.Equal(t, 1, rv.Health.Portfolio.N)
	require.NotNil(t, rv.Receivables)
	assert.Equal(t, "100", rv.Receivables.Outstanding.String())
	assert.Equal(t, 18, rv.Receivables.Accounts[0].OldestDays, "2025-02-10 to 2025-02-28")

	assert.Equal(t, []skipped{{Reason: outside, Rows: 1}}, rv.Inputs[0].Skipped)
	assert.Equal(t, []skipped{{Reason: outside, Rows: 1}, {Reason: otherCurrency, Rows: 1}, {Reason: unknownAccount, Rows: 1}}, rv.Inputs[1].Skipped)
	assert.Equal(t, []skipped{{Reason: outside, Rows: 1}, {Reason: unknownAccount, Rows: 1}}, rv.Inputs[2].Skipped)
	assert.Equal(t, 1, rv.Inputs[2].Used)
	assert.Equal(t, []string{"account=account", "time=time", "amount=amount"}, rv.Inputs[0].Columns)
}

func TestContradictingAnswersAreNamedByLine(t *testing.T) {
	rows := "account,time,amount\nA,2025-01-10,100\n"
	answers := "account,contact,time,score\n,x,2025-01-01,3\nA,x,2025-01-01,3\nA,x,2025-01-01,9\n"
	code, _, stderr := try(t, "-transactions", file(t, "s.csv", rows), "-answers", file(t, "ans.csv", answers), "-out", "")
	assert.Equal(t, 1, code)
	assert.Contains(t, stderr, "ans.csv: line 4")
}

func TestOtherFilesAreAskedForByTheirOwnName(t *testing.T) {
	rows := "account,time,amount\nA,2025-01-10,100\n"
	_, _, stderr := try(t, "-transactions", file(t, "s.csv", rows), "-answers", file(t, "ans.csv", "account,mark\nA,3\n"), "-out", "")
	assert.Contains(t, stderr, "-columns answers.score=HEADER")
	rv := reviewOf(t, "-transactions", file(t, "s.csv", rows), "-answers", file(t, "ans.csv", "account,mark\nA,9\n"), "-columns", "answers.score=mark")
	assert.Equal(t, 1, rv.Health.Portfolio.Promoters)
}

// The clocks went forward on 2026-03-29 in Berlin: 23 hours are a day.
func TestOverdueCountsCalendarDays(t *testing.T) {
	rows := "account,time,amount\nA,2026-01-10,100\n"
	invoices := "account,issued,due,amount\nA,2026-01-10,2026-03-28,100\n"
	for _, zone := range []string{"Europe/Berlin", "UTC"} {
		rv := reviewOf(t, "-transactions", file(t, "s.csv", rows), "-invoices", file(t, "i.csv", invoices), "-asof", "2026-03-30", "-tz", zone)
		assert.Equal(t, "100", rv.Receivables.Overdue.String(), zone)
		assert.Equal(t, 1, rv.Receivables.Accounts[0].OldestDays, zone)
	}
}

// In São Paulo 2017-10-15 began at 01:00.
func TestDayThatDoesNotBeginAtMidnight(t *testing.T) {
	rows := "account,time,amount\nA,2017-10-14,100\nB,2017-10-01,10\n"
	rv := reviewOf(t, "-transactions", file(t, "s.csv", rows), "-tz", "America/Sao_Paulo")
	assert.Equal(t, "2017-10-15T01:00:00-02:00", rv.AsOf.Format(time.RFC3339))
	assert.Equal(t, 1, rv.Accounts[0].DaysSinceLast)
}

func TestDeepestDiscountThatNoLargerAccountHas(t *testing.T) {
	list := func(discounts ...float64) *review {
		p := &prices{}
		for i, d := range discounts {
			p.Accounts = append(p.Accounts, accountPrice{Account: string(rune('A' + i)), Discount: d})
		}
		return &review{Prices: p}
	}
	for _, c := range []struct {
		discounts []float64
		want      string
	}{
		{[]float64{.05, .06, .60}, "C"},
		{[]float64{0, 0, .60}, "C"},
		{[]float64{.10, .05, .02}, ""},
		{[]float64{.10, .102}, ""},
		{[]float64{.60}, ""},
		{[]float64{-.05, .10, .12}, "B"},
	} {
		f, found := paysLeast(list(c.discounts...))
		assert.Equal(t, c.want != "", found, c.discounts)
		if found {
			assert.Equal(t, []string{c.want}, f.Accounts)
		}
	}
}

// Whatever stands in an account id, the page has no element of it and the
// terminal no control character.
func TestHostileNames(t *testing.T) {
	evil := `<script>alert(1)</script>"><img src=x onerror=y> ` + "\x1b[2J"
	rows := "account,time,amount\n"
	for i := range 40 {
		rows += fmt.Sprintf("%q,2025-01-%02d,100\n", "c"+fmt.Sprint(i), 1+i%28)
	}
	rows += `"` + strings.ReplaceAll(evil, `"`, `""`) + "\",2025-01-05,90000\n"
	answers := "account,score\n\"" + strings.ReplaceAll(evil, `"`, `""`) + "\",3\n"
	dir := t.TempDir()
	code, screen, stderr := try(t, "-transactions", file(t, "x.csv", rows), "-answers", file(t, "a.csv", answers), "-out", dir)
	require.Zero(t, code, stderr)
	assert.NotContains(t, screen, "\x1b")
	b, err := os.ReadFile(filepath.Join(dir, "review.html"))
	require.NoError(t, err)
	assert.NotContains(t, string(b), "<script")
	assert.NotContains(t, string(b), "<img")
	assert.NotContains(t, string(b), `"><`+"img")
	assert.Contains(t, string(b), "&lt;script&gt;")
}

func TestNobodyAnswered(t *testing.T) {
	rows := "account,time,amount\nA,2025-01-10,100\n"
	dir := t.TempDir()
	code, screen, stderr := try(t, "-transactions", file(t, "s.csv", rows), "-answers", file(t, "a.csv", "account,score\nA,\n"), "-out", dir)
	require.Zero(t, code, stderr)
	assert.Contains(t, screen, "nobody gave a score")
	b, err := os.ReadFile(filepath.Join(dir, "review.html"))
	require.NoError(t, err)
	assert.Contains(t, string(b), "nobody gave a score")
	assert.NotContains(t, string(b), "+0 (-100")
}
