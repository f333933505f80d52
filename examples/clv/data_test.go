package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount/internal/oracle"
)

// cdnow is the sample of 2,357 customers of Fader, Hardie and Lee (2005).
func cdnow(t *testing.T) string {
	raw, err := io.ReadAll(oracle.Open(t, "data/clv/cdnow_sample.txt"))
	require.NoError(t, err)
	var log strings.Builder
	log.WriteString("account,time,quantity,amount\n")
	for line := range strings.Lines(string(raw)) {
		f := strings.Fields(line)
		fmt.Fprintf(&log, "%s,%s-%s-%s,%s,%s\n", f[1], f[2][:4], f[2][4:6], f[2][6:], f[3], f[4])
	}
	return log.String()
}

// The maxima of the exact likelihoods over 39 weeks, as others publish them to
// fewer digits: BG/NBD and Pareto/NBD in Fader, Hardie and Lee (2005), table 2,
// MBG/NBD and Gamma-Gamma as lifetimes and CLVTools test theirs.
func TestCDNOW(t *testing.T) {
	t.Parallel()
	got := read(t, cdnow(t), "-model", "auto", "-calibration-end", "1997-09-30", "-horizon", "1998-06-30")
	assert.Equal(t, 39.0, got.Span)
	assert.Equal(t, []any{2357, 1882, 39.0}, []any{got.Holdout.Accounts, got.Holdout.Orders, got.Holdout.Span})
	want := map[string]float64{"MBG/NBD": -9582.135716, "BG/NBD": -9582.429207, "Pareto/NBD": -9594.976179}
	found := 0
	for _, c := range got.Comparison {
		if ll, ok := want[c.Name]; ok {
			found++
			assert.InDelta(t, ll, *c.LogLikelihood, 1e-6, c.Name)
		}
		assert.Equal(t, c.Name == "MBG/NBD", c.Chosen, c.Name)
	}
	assert.Equal(t, 3, found)
	for i, p := range []struct{ value, stdErr float64 }{
		{0.52484316, 0.083268}, {6.18308528, 0.695621}, {0.89135939, 0.154790}, {1.61400224, 0.537495},
	} {
		assert.InDelta(t, p.value, got.Model.Parameters[i].Value, 5e-9)
		assert.InDelta(t, p.stdErr, got.Model.Parameters[i].StdErr, 5e-7)
	}
	assert.InDelta(t, -4055.917695, got.Spend.Fit.LogLikelihood, 1e-6)
	assert.Equal(t, 946, got.Spend.Fit.N)
	assert.InDelta(t, 6.24957227, got.Spend.Parameters[0].Value, 5e-9)
	// The formula of Batislam, Denizel and Filiztekin (2007) at the parameters
	// above, summed elsewhere.
	assert.InDelta(t, 1057.63637, got.Total.ProbAlive, 5e-6)

	// Chances of 2,357 accounts cancel: the total is known far better than any.
	total := got.Total.Value
	assert.True(t, total.Mean.Mul(decimal.New(8, -1)).LessThan(total.Low), "%s to %s", total.Low, total.High)
	assert.True(t, total.High.LessThan(total.Mean.Mul(decimal.New(12, -1))), "%s to %s", total.Low, total.High)

	year := read(t, cdnow(t), "-calibration-end", "1997-09-30", "-horizon", "52", "-spend", "none")
	assert.InDelta(t, 1980.033, year.Total.Orders, 5e-4)
}

// UCI Online Retail (Chen, Sain, Guo 2012, doi 10.1057/dbm.2012.17): 541,909
// lines, of which 406,829 name a customer; 4,339 bought. Nearly all come back
// in the time seen, so that leaving hardly shows.
func TestUCI(t *testing.T) {
	t.Parallel()
	r := csv.NewReader(oracle.Open(t, "data/segment/online_retail_uci.csv.gz"))
	head, err := r.Read()
	require.NoError(t, err)
	require.Equal(t, "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country", strings.Join(head, ","))
	var log strings.Builder
	log.WriteString("account,order,time,quantity,amount,currency\n")
	lines := 0
	for {
		f, err := r.Read()
		if err == io.EOF {
			break
		}
		require.NoError(t, err)
		if f[6] == "" {
			continue
		}
		lines++
		amount := decimal.RequireFromString(f[3]).Mul(decimal.RequireFromString(f[5]))
		fmt.Fprintf(&log, "%s,%s,%sZ,%s,%s,GBP\n", strings.TrimSuffix(f[6], ".0"), f[0], strings.Replace(f[4], " ", "T", 1), f[3], amount)
	}
	require.Equal(t, 406_829, lines)
	got := read(t, log.String(), "-rate", "0.08", "-margin", "0.4")
	assert.Equal(t, []any{"2011-12-09", 4339, "GBP"}, []any{got.AsOf, got.Total.Accounts, got.Currency})
	require.Len(t, got.Warnings, 3)
	assert.Contains(t, got.Warnings[0], "weakly known")
	assert.Contains(t, got.Warnings[1], "cannot take: 12, such as")
	assert.Contains(t, got.Warnings[2], "accounts that order often also spend more")
	assert.True(t, got.Total.Value.Low.IsPositive())
}
