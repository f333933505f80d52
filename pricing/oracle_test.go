package pricing

import (
	"bufio"
	"encoding/json"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/oracle"
)

// The oracle families that this package answers, and how many cases of each.
var families = map[string]int{
	"tier.graduated": 27, "tier.volume": 18, "package": 8, "tier.volume+package": 1,
	"tier.zero_quantity": 1, "ladder.validation": 1, "tier.block": 1,
}

// Cases of those families that ask for something a Ladder does not have.
var notCovered = map[string]string{
	"flex-pkground-50-down":  "counts full packages only; a Ladder counts started ones",
	"flex-pkground-250-down": "counts full packages only; a Ladder counts started ones",
	"lago-package-free200":   "free units before the first package",
	"killbill-all-5325":      "block sizes that differ by tier",
	"killbill-all-5325-unl":  "block sizes that differ by tier",
	"killbill-top-1000":      "block sizes that differ by tier",
	"killbill-top-101000":    "block sizes that differ by tier",
	"killbill-top-101001":    "block sizes that differ by tier",
	"killbill-top-300000":    "block sizes that differ by tier",
}

func TestOracles(t *testing.T) {
	var cases []struct {
		ID     string `json:"id"`
		Family string `json:"family"`
		Source string `json:"source"`
		Input  struct {
			Mode          Mode            `json:"mode"`
			Tiers         json.RawMessage `json:"tiers"`
			Quantity      decimal.Decimal `json:"quantity"`
			PackageSize   decimal.Decimal `json:"package_size"`
			PackagePrice  decimal.Decimal `json:"package_price"`
			FirstTierFlat decimal.Decimal `json:"first_tier_flat"`
			Base          decimal.Decimal `json:"base"`
			Breaks        []struct{ Unit decimal.Decimal }
			Blocks        []struct{ Price decimal.Decimal }
		} `json:"input"`
		Expect struct {
			Amount decimal.NullDecimal `json:"amount"`
			Valid  string              `json:"valid"`
		} `json:"expect"`
	}
	oracle.JSON(t, "oracles/pricing/oracles.json", &cases)
	passed := map[string]int{}
	for _, c := range cases {
		if families[c.Family] == 0 || notCovered[c.ID] != "" {
			continue
		}
		l := Ladder{Mode: c.Input.Mode}
		switch c.Family {
		case "tier.graduated", "tier.volume":
			require.NoError(t, json.Unmarshal([]byte(`{"mode":"`+string(c.Input.Mode)+`","tiers":`+string(c.Input.Tiers)+`}`), &l), c.ID)
		case "package", "tier.volume+package":
			l = Ladder{Mode: Package, PackageSize: c.Input.PackageSize, Tiers: []Tier{{Unit: c.Input.PackagePrice}}}
		case "tier.zero_quantity":
			l.Tiers = []Tier{{Flat: c.Input.FirstTierFlat}}
		case "tier.block": // killbill-top-111: blocks of 1 unit, 10, 100 and 1000 of them
			l = Ladder{Mode: Volume, Tiers: []Tier{upTo("10", c.Input.Blocks[0].Price), upTo("110", c.Input.Blocks[1].Price), {Unit: c.Input.Blocks[2].Price}}}
		case "ladder.validation": // a base price, and a break at 100 that is dearer
			l = Ladder{Mode: Volume, NoRise: true, Tiers: []Tier{upTo("99", c.Input.Base), {Unit: c.Input.Breaks[0].Unit}}}
			require.Equal(t, "false", c.Expect.Valid)
			require.ErrorIs(t, l.Validate(), keyaccount.ErrOutOfRange, c.ID)
			passed[c.Family]++
			continue
		}
		// Lago and Kong charge the first flat fee at 0, Flexprice does not;
		// its ladders have none, so one setting serves all.
		l.ChargeFlatAtZero = true
		b, err := l.Price(c.Input.Quantity)
		require.NoError(t, err, c.ID)
		assert.True(t, c.Expect.Amount.Valid && b.Total.Equal(c.Expect.Amount.Decimal), "%s (%s): want %s, got %s", c.ID, c.Source, c.Expect.Amount.Decimal, b.Explain("en"))
		passed[c.Family]++
	}
	assert.Equal(t, families, passed)
}

// OpenMeter's own test cases whose price is a unit price, a package or tiers,
// with no commitment, discount, credit or unit conversion.
func TestOpenMeterCases(t *testing.T) {
	type amount struct {
		Amount decimal.Decimal `json:"amount"`
	}
	type testCase struct {
		Test  string `json:"test"`
		Price struct {
			Type               string          `json:"type"`
			Mode               Mode            `json:"mode"`
			Amount             decimal.Decimal `json:"amount"`
			QuantityPerPackage decimal.Decimal `json:"quantityPerPackage"`
			MinimumAmount      *string         `json:"minimumAmount"`
			MaximumAmount      *string         `json:"maximumAmount"`
			Tiers              []struct {
				UpTo decimal.NullDecimal `json:"upToAmount"`
				Flat amount              `json:"flatPrice"`
				Unit amount              `json:"unitPrice"`
			} `json:"tiers"`
		} `json:"price"`
		Credits     []any           `json:"credits"`
		Discounts   map[string]any  `json:"discounts"`
		UnitConfig  any             `json:"unit_config"`
		LineMode    string          `json:"line_mode"`
		PreUsage    decimal.Decimal `json:"pre_usage"`
		Usage       decimal.Decimal `json:"usage"`
		ExpectTotal decimal.Decimal `json:"expect_total"`
	}
	scan := bufio.NewScanner(oracle.Open(t, "oracles/pricing/openmeter_cases.jsonl"))
	scan.Buffer(nil, 1<<20)
	passed := 0
	for scan.Scan() {
		var c testCase
		require.NoError(t, json.Unmarshal(scan.Bytes(), &c))
		p := c.Price
		if p.MinimumAmount != nil || p.MaximumAmount != nil || len(c.Credits)+len(c.Discounts) > 0 || c.UnitConfig != nil {
			continue
		}
		l := Ladder{ChargeFlatAtZero: true}
		switch p.Type {
		case "unit":
			l.Mode, l.Tiers = Volume, []Tier{{Unit: p.Amount}}
		case "package":
			l.Mode, l.PackageSize, l.Tiers = Package, p.QuantityPerPackage, []Tier{{Unit: p.Amount}}
		case "tiered":
			l.Mode = p.Mode
			for _, t := range p.Tiers {
				l.Tiers = append(l.Tiers, Tier{UpTo: t.UpTo, Unit: t.Unit.Amount, Flat: t.Flat.Amount})
			}
		default: // a flat fee for a period, or a price set elsewhere
			continue
		}
		if p.Mode == Volume && c.LineMode == "mid_period_split" {
			continue // it defers volume prices to the period's last line
		}
		if p.Mode == Graduated && c.LineMode == "last_in_period_split" && c.PreUsage.IsZero() {
			continue // the flat fee stood on an earlier line
		}
		want := c.ExpectTotal
		if c.PreUsage.IsPositive() { // this line is what the usage adds to the period
			before, err := l.Price(c.PreUsage)
			require.NoError(t, err)
			want = want.Add(before.Total)
		}
		b, err := l.Price(c.PreUsage.Add(c.Usage))
		require.NoError(t, err)
		assert.True(t, b.Total.Equal(want), "%s: want %s, got %s", c.Test, want, b.Explain("en"))
		passed++
	}
	require.NoError(t, scan.Err())
	assert.Equal(t, 15, passed)
}

func TestQuoteWorkloadGross(t *testing.T) {
	var w struct {
		Tiers json.RawMessage `json:"tiers"`
		Lines []struct {
			Quantity decimal.Decimal `json:"quantity"`
			Gross    decimal.Decimal `json:"gross"`
		} `json:"lines"`
	}
	oracle.JSON(t, "oracles/pricing/quote_workload.json", &w)
	var l Ladder
	require.NoError(t, json.Unmarshal([]byte(`{"mode":"graduated","tiers":`+string(w.Tiers)+`}`), &l))
	for _, line := range w.Lines {
		b, err := l.Price(line.Quantity)
		require.NoError(t, err)
		assert.True(t, b.Total.Equal(line.Gross), b.Explain("en"))
	}
	assert.Len(t, w.Lines, 10)
}
