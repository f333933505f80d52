package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Twelve accounts in half a year: too few for maximum likelihood.
const few = `account,time,amount,currency
华东汽车,2025-01-08,12000,CNY
华东汽车,2025-02-05,9800,CNY
华东汽车,2025-03-10,13100,CNY
华东汽车,2025-04-03,11250,CNY
华东汽车,2025-05-12,12400,CNY
华东汽车,2025-06-04,10900,CNY
北方电力,2025-01-15,54000,CNY
北方电力,2025-03-20,61000,CNY
北方电力,2025-05-28,58500,CNY
ACME,2025-01-20,800,CNY
ACME,2025-01-27,950,CNY
ACME,2025-02-03,700,CNY
ACME,2025-02-10,820,CNY
南海港口,2025-02-14,7600,CNY
Bolt & Söhne,2025-02-18,2100,CNY
Bolt & Söhne,2025-04-22,1900,CNY
Bolt & Söhne,2025-06-20,2300,CNY
Coil,2025-02-25,430,CNY
西部矿业,2025-03-03,33000,CNY
西部矿业,2025-06-16,29500,CNY
Dart,2025-03-11,1500,CNY
Dart,2025-04-08,1450,CNY
Dart,2025-05-06,1600,CNY
Dart,2025-06-03,1500,CNY
Echo,2025-03-27,260,CNY
Fjord,2025-04-10,5100,CNY
Fjord,2025-05-20,4800,CNY
中原食品,2025-04-29,8800,CNY
中原食品,2025-06-27,9100,CNY
Gale,2025-05-15,640,CNY
Gale,2025-06-10,-40,CNY
`

func try(in string, args ...string) (code int, stdout, stderr string) {
	var out, errs strings.Builder
	code = run(args, strings.NewReader(in), &out, &errs)
	return code, out.String(), errs.String()
}

// result is what the tests read of a report.
type result struct {
	AsOf                    string `json:"as_of"`
	Unit, Horizon, Currency string
	Span                    float64
	Warnings                []string
	Model, Spend            *struct {
		Model      string
		Parameters []struct {
			Name   string
			Value  float64
			StdErr float64 `json:"std_err"`
		}
		Fit struct {
			N             int
			LogLikelihood float64 `json:"log_likelihood"`
			Status        string
		}
	}
	Correlation *struct{ Verdict string }
	Comparison  []struct {
		Name, Problem string
		Chosen        bool
		LogLikelihood *float64 `json:"log_likelihood"`
		BIC           *float64
		Holdout       *struct{ CRPS, Expected float64 }
	}
	Holdout *struct {
		Span             float64
		Accounts, Orders int
	}
	Accounts []scored
	Total    struct {
		Accounts  int
		ProbAlive float64 `json:"prob_alive"`
		Orders    float64
		Value     *worth
	}
}

type scored struct {
	ID           string
	Frequency    int
	Recency, Age float64
	Spend        struct {
		Orders int
		Mean   float64
	}
	ProbAlive   float64 `json:"prob_alive"`
	SilentSince string  `json:"silent_since"`
	Orders      struct {
		Mean      float64
		Low, High int
	}
	Value *worth
}

type worth struct {
	Mean, Low, High decimal.Decimal
	Explain         []struct {
		Code   string
		Amount decimal.Decimal
	}
}

func read(t *testing.T, in string, args ...string) (out result) {
	t.Helper()
	code, stdout, stderr := try(in, args...)
	require.Zero(t, code, stderr)
	require.Empty(t, stderr)
	require.NoError(t, json.Unmarshal([]byte(stdout), &out))
	return out
}

func TestFewAccountsTable(t *testing.T) {
	t.Parallel()
	code, stdout, stderr := try(few, "-prior", "weak", "-spend", "none", "-calibration-end", "2025-06-30", "-horizon", "2025-12-31", "-format", "table")
	require.Zero(t, code, stderr)
	assert.Equal(t, `As of 2025-06-30; the future up to 2025-12-31, 26.2857 weeks. Amounts in CNY.

Warning: the parameters of MBG/NBD are weakly known: the standard error of one is as large as itself

Orders: MBG/NBD     value  std. error
  r                1.3365        0.99
  alpha           11.0843        9.93
  a              0.493953       0.594
  b               3.40394        3.34

  12 accounts, 5 steps, condition 2.22: weak

Model      log-likelihood     AIC     BIC
* MBG/NBD         -62.155  132.31  134.25

Account       repeats  alive  orders  low  high  silent since
ACME                3  0.219    0.66    0     5    2025-05-01
Bolt & Söhne        2  0.903    2.36    0     6    2026-01-16
Coil                0  0.656    0.73    0     3    2025-11-04
Dart                3  0.869    3.22    0     8    2025-10-12
Echo                0  0.703    0.90    0     4    2025-12-04
Fjord               1  0.816    1.94    0     6    2025-11-19
Gale                0  0.787    1.37    0     5    2026-01-22
中原食品            1  0.894    2.39    0     7    2026-01-25
北方电力            2  0.871    1.99    0     6    2026-01-04
华东汽车            5  0.895    3.72    0     9    2025-10-09
南海港口            0  0.640    0.68    0     3    2025-10-24
西部矿业            1  0.882    1.73    0     5    2026-03-27
Total of 12              9.1    21.7

`, stdout)
}

func TestFewAccountsAreValued(t *testing.T) {
	t.Parallel()
	for _, spend := range []string{"gamma", "lognormal", "normal"} {
		got := read(t, few, "-prior", "weak", "-spend", spend, "-first-order", "with_first", "-rate", "0.08", "-margin", "0.3",
			"-service-cost", "500", "-order-cost", "25", "-retention-cost", "50", "-payment-delay", "60", "-horizon", "104")
		assert.Equal(t, []any{"2025-06-27", "2027-06-25", 104.0, "CNY"}, []any{got.AsOf, got.Horizon, got.Span, got.Currency}, spend)
		require.Len(t, got.Accounts, 12)
		var sum decimal.Decimal
		for _, a := range got.Accounts {
			var parts decimal.Decimal
			for _, p := range a.Value.Explain {
				assert.Equal(t, p.Code != "revenue", p.Amount.IsNegative(), "%s %s", a.ID, p.Code)
				parts = parts.Add(p.Amount)
			}
			assert.True(t, parts.Equal(a.Value.Mean), "%s: the parts are %s, the value %s", a.ID, parts, a.Value.Mean)
			assert.True(t, a.Value.Low.LessThan(a.Value.High), a.ID)
			sum = sum.Add(a.Value.Mean)
		}
		total := got.Total.Value
		assert.True(t, sum.Sub(total.Mean).Abs().LessThanOrEqual(decimal.New(6, -2)), "twelve roundings: %s, %s", sum, total.Mean)
		assert.True(t, total.Low.LessThan(total.Mean) && total.Mean.LessThan(total.High))
	}
}

func TestTableOfValuesIsAligned(t *testing.T) {
	t.Parallel()
	code, stdout, stderr := try(few, "-prior", "weak", "-model", "auto", "-rate", "0.08", "-margin", "0.3", "-order-cost", "25", "-format", "table")
	require.Zero(t, code, stderr)
	assert.Contains(t, stdout, "Value of an order: Gamma-Gamma")
	_, rows, found := strings.Cut(stdout, "\nAccount ")
	require.True(t, found)
	lines := strings.Split(strings.TrimSuffix("Account "+rows, "\n\n"), "\n")
	require.Len(t, lines, 14)
	assert.Regexp(t, `^Account +repeats +alive +orders +low +high +silent since +value +low +high +revenue +cost of goods +cost of orders$`, lines[0])
	for _, line := range lines {
		assert.Equal(t, width(lines[0]), width(line), line)
	}
}

func TestModelsOfSavedRun(t *testing.T) {
	t.Parallel()
	for _, c := range [][2]string{
		{"mbg", "gamma"}, {"bg", "lognormal"}, {"pareto", "normal"}, {"nbd", "none"}, {"mbgcnbd", "gamma"}, {"bgcnbd", "none"},
	} {
		file := filepath.Join(t.TempDir(), "model.json")
		was := read(t, few, "-prior", "weak", "-model", c[0], "-spend", c[1], "-unit", "day", "-returns", "gross", "-first-order", "with_first", "-save", file)
		got := read(t, few, "-load", file)
		assert.Equal(t, was.Model, got.Model, c)
		assert.Equal(t, was.Spend, got.Spend, c)
		assert.Equal(t, was.Accounts, got.Accounts, c)
		assert.Equal(t, was.Total, got.Total, c)
		assert.Equal(t, "day", got.Unit)
	}
}

// The kept model scores what came later, and is judged by it.
func TestKeptModelSeesLaterLines(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "model.json")
	was := read(t, few, "-prior", "weak", "-model", "auto", "-calibration-end", "2025-05-01", "-first-order", "with_first", "-save", file)
	require.NotNil(t, was.Holdout)
	assert.Equal(t, []any{"2025-05-01", 11, 9}, []any{was.AsOf, was.Holdout.Accounts, was.Holdout.Orders}, "Gale came later")
	best := ""
	least := 1e9
	for _, c := range was.Comparison {
		if c.LogLikelihood != nil && c.Holdout.CRPS < least {
			best, least = c.Name, c.Holdout.CRPS
		}
	}
	for _, c := range was.Comparison {
		assert.Equal(t, c.Name == best, c.Chosen, c.Name)
	}
	assert.Equal(t, best, was.Model.Model)

	now := read(t, few, "-load", file, "-horizon", "10")
	assert.Equal(t, []any{"2025-06-27", "2025-09-05"}, []any{now.AsOf, now.Horizon})
	assert.Nil(t, now.Holdout)
	assert.Equal(t, was.Model, now.Model)
	assert.Len(t, now.Accounts, 12)
	again := read(t, few, "-load", file, "-calibration-end", "2025-05-01", "-holdout-end", "2025-06-30")
	require.NotNil(t, again.Holdout)
	assert.InDelta(t, 60.0/7, again.Holdout.Span, 1e-12)
	assert.Equal(t, was.Accounts, again.Accounts)
}

// A summary of the log gives what the log gives.
func TestSummary(t *testing.T) {
	t.Parallel()
	want := read(t, few, "-prior", "weak")
	summary := "\ufeffage,account,Recency,frequency,mean,orders,currency\n"
	for _, a := range want.Accounts {
		summary += fmt.Sprintf("%v,%s,%v,%d,%v,%d,CNY\n", a.Age, a.ID, a.Recency, a.Frequency, a.Spend.Mean, a.Spend.Orders)
	}
	got := read(t, summary, "-prior", "weak", "-calibration-end", want.AsOf)
	assert.Equal(t, want.Model, got.Model)
	// The intervals are drawn by what is known of the amounts, here the mean alone.
	for i, a := range got.Accounts {
		w := want.Accounts[i]
		assert.Equal(t, w.Value.Mean, a.Value.Mean, a.ID)
		w.Value, a.Value = nil, nil
		assert.Equal(t, w, a)
	}
	assert.Equal(t, want.Total.Value.Mean, got.Total.Value.Mean)

	code, stdout, stderr := try("account,frequency,recency,age\nA,2,20,30\nB,0,0,12\n", "-prior", "weak", "-calibration-end", "2025-06-30", "-format", "table")
	require.Zero(t, code, stderr)
	assert.Contains(t, stdout, "no account has an order whose value counts")
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	got := read(t, few+"Hall,2025-03-01,70,CNY\nHall,2025-03-11,5,CNY\nHall,2025-03-12,-9,CNY\n", "-prior", "weak")
	assert.Contains(t, strings.Join(got.Warnings, "\n"), `accounts whose amounts -spend gamma cannot take: 1, such as "Hall"; they are left out`)
	for _, a := range got.Accounts {
		assert.True(t, a.Value.Mean.IsPositive(), a.ID)
	}

	var log strings.Builder
	log.WriteString("account,time,amount\n")
	for i := range 60 { // who orders more often spends more
		for k := range 1 + i%6 {
			fmt.Fprintf(&log, "A%02d,2025-%02d-%02d,%d\n", i, 1+2*k, 1+i%28, 100*(1+i%6)+7*k+i)
		}
	}
	got = read(t, log.String(), "-prior", "weak")
	require.NotNil(t, got.Correlation)
	assert.Equal(t, "present", got.Correlation.Verdict)
	assert.Contains(t, strings.Join(got.Warnings, "\n"), "accounts that order often also spend more on an order")
}

func TestDefaultsAndFiles(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "in.csv")
	require.NoError(t, os.WriteFile(name, []byte(few), 0o600))
	_, fromFile, _ := try("", "-prior", "weak", name)
	code, fromStdin, stderr := try(few, "-prior", "weak", "-")
	require.Zero(t, code, stderr)
	assert.Equal(t, fromFile, fromStdin)

	// The day of an instant is that of the zone, and lines later on the last day
	// of the calibration are no hold-out.
	got := read(t, "\ufeffAmount,Time,Account,quantity\n5,2025-01-01T16:30:00Z,A,\n0,2025-01-09,A,3\n5,2025-01-20T15:30:00Z,A,\n",
		"-prior", "weak", "-tz", "Asia/Shanghai", "-calibration-end", "2025-01-20", "-unit", "day", "-spend", "none")
	assert.Equal(t, []any{2, 18.0, 18.0}, []any{got.Accounts[0].Frequency, got.Accounts[0].Recency, got.Accounts[0].Age})
	assert.Nil(t, got.Holdout)
	assert.Nil(t, got.Spend)
}
