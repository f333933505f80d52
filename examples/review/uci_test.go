package main

import (
	"encoding/json"
	"strconv"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount/internal/oracle"
)

// UCI Online Retail (Chen, Sain, Guo 2012, doi 10.1057/dbm.2012.17): 541,909
// lines, of which 135,080 have no customer; 4,339 customers bought and 33 only
// cancelled. The sums are exact integer aggregates of the file, in mills.
func TestUCIOnlineRetail(t *testing.T) {
	path := oracle.Path(t, "data/segment/online_retail_uci.csv.gz")
	code, out, stderr := try(t, "-transactions", path, "-out", "", "-json")
	require.Zero(t, code, stderr)
	var rv review
	require.NoError(t, json.Unmarshal([]byte(out), &rv))

	in := rv.Inputs[0]
	assert.Equal(t, 541_909, in.Rows)
	assert.Equal(t, 541_909-135_080, in.Used)
	assert.Equal(t, []skipped{{Reason: noAccount, Rows: 135_080}}, in.Skipped)
	assert.Equal(t, 541_909-135_080, in.FloatIDs)

	p := rv.Portfolio
	assert.Equal(t, 4372, p.Accounts)
	assert.Equal(t, 4339, p.Buyers)
	assert.Equal(t, 33, p.ReturnOnly)
	assert.Equal(t, "8911407.904", p.Gross.StringFixed(3))
	assert.Equal(t, "-611342.090", p.Returns.StringFixed(3))
	assert.Equal(t, "8300065.814", p.Net.StringFixed(3))
	assert.Equal(t, "2010-12-01", p.FirstDay)
	assert.Equal(t, "2011-12-09", p.LastDay)

	byID := map[string]account{}
	for _, a := range rv.Accounts {
		byID[a.ID] = a
	}
	for _, want := range oracle.CSV(t, "oracles/segment/oracle_online_retail_customers.csv.gz") {
		a, ok := byID[want["customer_id"]]
		require.True(t, ok, want["customer_id"])
		mills, err := strconv.ParseInt(want["net_mills"], 10, 64)
		require.NoError(t, err)
		require.True(t, a.Net.Equal(decimal.New(mills, -3)), "%s: net %s, want %d mills", a.ID, a.Net, mills)
		require.Equal(t, want["orders"], strconv.Itoa(a.Orders), a.ID)
	}
}
