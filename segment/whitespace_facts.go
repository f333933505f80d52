package segment

import (
	"errors"
	"math"
	"slices"
	"strconv"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/exact"
)

// whiteSpaceFacts is a checked WhiteSpaceInput with its texts replaced by
// positions.
type whiteSpaceFacts struct {
	opts     WhiteSpaceOptions
	places   int32 // decimal places of Cent
	sizes    []float64
	segments []int // of each account
	members  []int // of each segment: accounts of known size
	cells    []WhiteSpaceCell
	byCell   []whiteSpaceColumn
}

// whiteSpaceColumn is what is known of one cell, by account.
type whiteSpaceColumn struct {
	sales   map[int]*exact.Sum
	wallets map[int]decimal.Decimal
}

func newWhiteSpaceFacts(in WhiteSpaceInput, o WhiteSpaceOptions) (*whiteSpaceFacts, error) {
	if len(in.Accounts) == 0 {
		return nil, &keyaccount.InputError{Kind: keyaccount.ErrMissing, Field: "Accounts", Reason: "there is no account to work on"}
	}
	g := &whiteSpaceFacts{opts: o, places: -o.Cent.Normalize().Exponent()}
	byID, err := g.addAccounts(in.Accounts)
	if err != nil {
		return nil, err
	}

	at := make(map[WhiteSpaceCell]int)
	column := func(c WhiteSpaceCell) *whiteSpaceColumn {
		i, ok := at[c]
		if !ok {
			i = len(g.cells)
			at[c] = i
			g.cells = append(g.cells, c)
			g.byCell = append(g.byCell, whiteSpaceColumn{sales: map[int]*exact.Sum{}, wallets: map[int]decimal.Decimal{}})
		}
		return &g.byCell[i]
	}
	for i := range in.Sales {
		s := &in.Sales[i]
		account, err := s.check("Sales", i+1, byID)
		if err != nil {
			return nil, err
		}
		col := column(s.WhiteSpaceCell)
		if col.sales[account] == nil {
			col.sales[account] = new(exact.Sum)
		}
		col.sales[account].Add(s.Amount) // in range, since check looked
	}
	for i := range in.Wallets {
		w := &in.Wallets[i]
		account, err := w.check("Wallets", i+1, byID)
		if err != nil {
			return nil, err
		}
		if w.Amount.Sign() < 0 {
			return nil, &keyaccount.InputError{
				Kind: keyaccount.ErrOutOfRange, Field: "Wallets.Amount", Row: i + 1, Value: exact.Text(w.Amount),
				Reason: "nobody spends less than nothing",
			}
		}
		col := column(w.WhiteSpaceCell)
		if _, ok := col.wallets[account]; ok {
			return nil, &keyaccount.InputError{
				Kind: keyaccount.ErrDuplicate, Field: "Wallets.Account", Row: i + 1, Value: w.Account,
				Reason: "the account's wallet for this cell stands twice",
			}
		}
		col.wallets[account] = w.Amount
	}
	g.sortCells()
	return g, nil
}

func (g *whiteSpaceFacts) addAccounts(accounts []WhiteSpaceAccount) (map[string]int, error) {
	byID := make(map[string]int, len(accounts))
	segments := make(map[string]int)
	sized := false
	for i, a := range accounts {
		if a.ID == "" {
			return nil, &keyaccount.InputError{Kind: keyaccount.ErrMissing, Field: "Accounts.ID", Row: i + 1, Reason: "an account needs an ID"}
		}
		if _, ok := byID[a.ID]; ok {
			return nil, &keyaccount.InputError{
				Kind: keyaccount.ErrDuplicate, Field: "Accounts.ID", Row: i + 1, Value: a.ID, Reason: "the account stands twice",
			}
		}
		byID[a.ID] = i
		size := a.Size
		if !(size >= 0 && size <= 1e100) || size > 0 && size < 1e-100 {
			return nil, &keyaccount.InputError{
				Kind: keyaccount.ErrOutOfRange, Field: "Accounts.Size", Row: i + 1, Value: floatText(size),
				Reason: "a size is 0 for unknown, or lies between 1e-100 and 1e100",
			}
		}
		if g.opts.IgnoreSize {
			size = 1
		}
		sized = sized || size > 0
		s, ok := segments[a.Segment]
		if !ok {
			s = len(g.members)
			segments[a.Segment] = s
			g.members = append(g.members, 0)
		}
		g.segments = append(g.segments, s)
		g.sizes = append(g.sizes, size)
		if size > 0 {
			g.members[s]++
		}
	}
	if !sized {
		return nil, &keyaccount.InputError{
			Kind: keyaccount.ErrMissing, Field: "Accounts.Size", Reason: "no account has a size; give sizes or set IgnoreSize",
		}
	}
	return byID, nil
}

// sortCells makes the result independent of the order of the sales.
func (g *whiteSpaceFacts) sortCells() {
	order := make([]int, len(g.cells))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return compareCells(g.cells[a], g.cells[b]) })
	cells, byCell := make([]WhiteSpaceCell, len(order)), make([]whiteSpaceColumn, len(order))
	for i, from := range order {
		cells[i], byCell[i] = g.cells[from], g.byCell[from]
	}
	g.cells, g.byCell = cells, byCell
}

func (a *WhiteSpaceAmount) check(list string, row int, byID map[string]int) (int, error) {
	fault := func(kind error, field, value, reason string) error {
		return &keyaccount.InputError{Kind: kind, Field: list + "." + field, Row: row, Value: value, Reason: reason}
	}
	if a.Account == "" {
		return 0, fault(keyaccount.ErrMissing, "Account", "", "an amount needs an account")
	}
	i, ok := byID[a.Account]
	if !ok {
		return 0, fault(keyaccount.ErrMalformed, "Account", a.Account, "this account is not among Accounts")
	}
	if _, ok := amountFloat(a.Amount); !ok {
		return 0, fault(keyaccount.ErrOutOfRange, "Amount", exact.Text(a.Amount), "the amount is too large for statistics")
	}
	return i, nil
}

func whiteSpaceOptions(opts *WhiteSpaceOptions) (WhiteSpaceOptions, error) {
	o := WhiteSpaceOptions{}
	if opts != nil {
		o = *opts
	}
	if o.Rule == "" {
		o.Rule = PeerQuantile
	}
	if o.Quantile == 0 {
		o.Quantile = 0.75
		if o.Rule == PeerPenetration {
			o.Quantile = 0.5
		}
	}
	if o.MinPeers == 0 {
		o.MinPeers = 5
	}
	if o.Cent.Sign() == 0 {
		o.Cent = decimal.New(1, -2)
	}
	fault := func(field, value, reason string) error {
		return &keyaccount.InputError{Kind: keyaccount.ErrOutOfRange, Field: field, Value: value, Reason: reason}
	}
	var faults []error
	if o.Rule != PeerQuantile && o.Rule != PeerPenetration {
		faults = append(faults, fault("Rule", string(o.Rule), "the rules are quantile and penetration"))
	}
	if math.IsNaN(o.Quantile) || o.Quantile < 0 || o.Quantile > 1 {
		faults = append(faults, fault("Quantile", floatText(o.Quantile), "a quantile lies between 0 and 1"))
	}
	if o.MinPeers < 1 {
		faults = append(faults, fault("MinPeers", strconv.Itoa(o.MinPeers), "there must be at least one peer"))
	}
	if !powerOfTenCent(o.Cent) {
		faults = append(faults, fault("Cent", exact.Text(o.Cent), "the unit is a power of ten from 1e-8 to 1e8"))
	}
	return o, errors.Join(faults...)
}

func powerOfTenCent(d decimal.Decimal) bool {
	if !exact.InRange(d) {
		return false
	}
	d = d.Normalize()
	return d.NumDigits() == 1 && d.CoefficientInt64() == 1 && -8 <= d.Exponent() && d.Exponent() <= 8
}
