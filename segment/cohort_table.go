package segment

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"time"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/exact"
)

// MaxCohortUnits is how many units of time a [CohortTable] can span: a hundred
// years of months.
const MaxCohortUnits = 1200

// CohortUnit is the unit of time by which a [CohortTable] counts.
type CohortUnit int

// The units; quarters and years are those of the calendar.
const (
	CohortMonth CohortUnit = iota
	CohortQuarter
	CohortYear
)

var cohortUnits = [...]struct {
	name   string
	months int32
}{CohortMonth: {"month", 1}, CohortQuarter: {"quarter", 3}, CohortYear: {"year", 12}}

func (u CohortUnit) known() bool { return u >= 0 && int(u) < len(cohortUnits) }

// String returns "month", "quarter" or "year".
func (u CohortUnit) String() string {
	if !u.known() {
		return "CohortUnit(" + strconv.Itoa(int(u)) + ")"
	}
	return cohortUnits[u].name
}

// MarshalText implements [encoding.TextMarshaler].
func (u CohortUnit) MarshalText() ([]byte, error) {
	if !u.known() {
		return nil, unknownCohortUnit(u)
	}
	return []byte(cohortUnits[u].name), nil
}

// UnmarshalText implements [encoding.TextUnmarshaler].
func (u *CohortUnit) UnmarshalText(text []byte) error {
	for i := range cohortUnits {
		if string(text) == cohortUnits[i].name {
			*u = CohortUnit(i)
			return nil
		}
	}
	return &keyaccount.InputError{
		Kind: keyaccount.ErrMalformed, Field: "Unit", Value: string(text), Reason: "the units are month, quarter and year",
	}
}

func unknownCohortUnit(u CohortUnit) error {
	return &keyaccount.InputError{
		Kind: keyaccount.ErrOutOfRange, Field: "Unit", Value: strconv.Itoa(int(u)), Reason: "there is no such unit of time",
	}
}

// name writes the unit with the given number: 2010-12, 2010-Q4 or 2010.
func (u CohortUnit) name(index int32) string {
	year, part := index*cohortUnits[u].months/12, index*cohortUnits[u].months%12
	switch u {
	case CohortQuarter:
		return fmt.Sprintf("%04d-Q%d", year, part/3+1)
	case CohortYear:
		return fmt.Sprintf("%04d", year)
	default:
		return fmt.Sprintf("%04d-%02d", year, part+1)
	}
}

// CohortTable is what [Cohorts.Table] returns.
type CohortTable struct {
	Unit     CohortUnit `json:"unit"`
	Currency string     `json:"currency,omitempty"`
	// To is the end of what was observed, exclusive.
	To time.Time `json:"to"`
	// Partial says that To lies inside a unit, so that the last cell of every
	// cohort is still filling up.
	Partial bool `json:"partial"`
	// Cohorts has one element per unit from the first in which anybody was new
	// to the last observed, also where nobody was.
	Cohorts []Cohort `json:"cohorts"`
	// Curve is the retention of all cohorts together, by units since the first
	// purchase. A partial unit takes no part in it.
	Curve []CohortPoint `json:"curve"`
	// WithoutPurchase counts the accounts that had not bought by To.
	WithoutPurchase int `json:"without_purchase"`
	// OutsideNet is the net amount that is in no cell: of those accounts, of
	// units after To, and of returns before an account's first purchase. With
	// the cells it adds up to all that was added.
	OutsideNet decimal.Decimal `json:"outside_net"`
}

// Cohort is the accounts that first bought in one unit of time.
type Cohort struct {
	// Period names that unit: 2010-12, 2010-Q4 or 2010.
	Period string `json:"period"`
	// Size is how many accounts there are.
	Size int `json:"size"`
	// Cells are in order of Since, from 0 to the last unit observed.
	Cells []CohortCell `json:"cells"`
}

// CohortCell is a cohort some units of time after its first purchase.
type CohortCell struct {
	Since int `json:"since"`
	// Active is how many accounts of the cohort bought in that unit.
	Active int `json:"active"`
	// Retention is Active over Size, from 0 to 1; 0 for an empty cohort.
	Retention float64 `json:"retention"`
	// Net is the cohort's net amount in that unit.
	Net decimal.Decimal `json:"net"`
	// NetRetention is Net over that of the first unit, above 1 for a cohort
	// that grew; 0 where the first is not positive.
	NetRetention float64 `json:"net_retention"`
}

// CohortPoint is one point of the curve over all cohorts old enough.
type CohortPoint struct {
	Since int `json:"since"`
	// Size is how many accounts were observed for that long, Active how many
	// of them bought, Retention the one over the other.
	Size      int     `json:"size"`
	Active    int     `json:"active"`
	Retention float64 `json:"retention"`
}

// Table groups the accounts by the unit of their first purchase and counts who
// bought in each unit since. It looks at the months that begin before to (of a
// month that to cuts, all that was added counts). What nobody can know yet has
// no cell, so that a 0 is a 0.
//
// Table refuses, as a [*keyaccount.InputError], an unknown unit, a to that is
// missing or outside the years 1 to 9998, and a span of more than
// [MaxCohortUnits] units.
func (c *Cohorts) Table(to time.Time, unit CohortUnit) (*CohortTable, error) {
	if !unit.known() {
		return nil, unknownCohortUnit(unit)
	}
	if to.IsZero() {
		return nil, &keyaccount.InputError{Kind: keyaccount.ErrMissing, Field: "to", Reason: "cohorts need an end of what was observed"}
	}
	if !writable(to) {
		return nil, &keyaccount.InputError{
			Kind: keyaccount.ErrOutOfRange, Field: "to", Value: "year " + strconv.Itoa(to.UTC().Year()),
			Reason: "the year must lie between 1 and 9998",
		}
	}
	out := &CohortTable{Unit: unit, Currency: c.currency, To: to.In(c.zone()), Cohorts: []Cohort{}, Curve: []CohortPoint{}}
	length := cohortUnits[unit].months
	y, m, _ := out.To.Date()
	last := monthIndex(y, m) / length
	start := time.Date(y, m-time.Month(monthIndex(y, m)%length), 1, 0, 0, 0, 0, c.zone())
	out.Partial = !start.Equal(out.To)
	if !out.Partial {
		last--
	}

	first := last + 1
	for _, st := range c.accounts {
		if at, ok := st.first(); ok {
			first = min(first, at/length)
		}
	}
	n := int(last-first) + 1
	if n > MaxCohortUnits {
		return nil, &keyaccount.InputError{
			Kind: keyaccount.ErrOutOfRange, Field: "to", Value: stamp(to),
			Reason: "from the first purchase on these are more than " + strconv.Itoa(MaxCohortUnits) + " units; count by a longer one",
		}
	}

	cells := make([][]cohortCount, n)
	for i := range cells {
		cells[i] = make([]cohortCount, n-i)
	}
	var outside exact.Sum
	for _, st := range c.accounts {
		at, bought := st.first()
		cohort := at / length
		if !bought || cohort > last {
			out.WithoutPurchase++
			for i := range st.months {
				outside.Merge(st.months[i].net)
			}
			continue
		}
		row := cells[cohort-first]
		counted := int32(-1)
		for i := range st.months {
			m := &st.months[i]
			since := m.month/length - cohort
			if since < 0 || int(since) >= len(row) {
				outside.Merge(m.net)
				continue
			}
			row[since].net.Merge(m.net)
			if m.bought && since != counted {
				counted = since
				row[since].active++
			}
		}
	}
	for i, row := range cells {
		out.Cohorts = append(out.Cohorts, newCohort(unit.name(first+int32(i)), row))
	}
	out.OutsideNet = outside.Decimal()
	out.curve()
	return out, nil
}

type cohortCount struct {
	active int
	net    exact.Sum
}

func newCohort(period string, row []cohortCount) Cohort {
	out := Cohort{Period: period, Size: row[0].active, Cells: make([]CohortCell, 0, len(row))}
	start := row[0].net.Decimal()
	for since := range row {
		cell := CohortCell{Since: since, Active: row[since].active, Net: row[since].net.Decimal()}
		if out.Size > 0 {
			cell.Retention = float64(cell.Active) / float64(out.Size)
		}
		if start.Sign() > 0 {
			cell.NetRetention = finiteRatio(cell.Net, start)
		}
		out.Cells = append(out.Cells, cell)
	}
	return out
}

// finiteRatio returns the float64 nearest to part/total, no more than the
// largest there is, and 0 for a total of zero.
func finiteRatio(part, total decimal.Decimal) float64 {
	if total.Sign() == 0 {
		return 0
	}
	q, _ := new(big.Rat).Quo(part.Rat(), total.Rat()).Float64()
	return min(max(q, -math.MaxFloat64), math.MaxFloat64)
}

// curve pools the cells of equal age, those of a partial unit excepted.
func (t *CohortTable) curve() {
	for i := range t.Cohorts {
		c := &t.Cohorts[i]
		whole := len(c.Cells)
		if t.Partial {
			whole--
		}
		for since := range whole {
			if since == len(t.Curve) {
				t.Curve = append(t.Curve, CohortPoint{Since: since})
			}
			t.Curve[since].Size += c.Size
			t.Curve[since].Active += c.Cells[since].Active
		}
	}
	for i := range t.Curve {
		p := &t.Curve[i]
		p.Retention = float64(p.Active) / float64(p.Size)
	}
}
