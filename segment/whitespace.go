package segment

import (
	"cmp"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount/internal/exact"
)

// WhiteSpaceCell is a place in the grid: a product (or category), one of the
// host's business units, and a region. What the host does not tell apart stays
// empty.
type WhiteSpaceCell struct {
	Product string `json:"product,omitempty"`
	Unit    string `json:"unit,omitempty"`
	Region  string `json:"region,omitempty"`
}

// WhiteSpaceAmount is what an account buys in a cell. Amounts of the same
// account and cell are added up; negative ones are returns.
type WhiteSpaceAmount struct {
	Account string `json:"account"`
	WhiteSpaceCell
	Amount decimal.Decimal `json:"amount"`
}

// WhiteSpaceAccount is an account that is compared with its look-alikes.
type WhiteSpaceAccount struct {
	ID string `json:"id"`
	// Segment holds the look-alikes together.
	Segment string `json:"segment"`
	// Size makes them comparable: employees, sites, revenue, machines. 0 means
	// unknown: the account is then nobody's peer and has no potential by
	// peers.
	Size float64 `json:"size"`
}

// WhiteSpaceInput is what [WhiteSpace] works on.
type WhiteSpaceInput struct {
	Accounts []WhiteSpaceAccount `json:"accounts"`
	// Sales is what the accounts buy from us, over the same period for all.
	Sales []WhiteSpaceAmount `json:"sales"`
	// Wallets is what they spend in a cell with everybody, where it is known;
	// once at most for an account and cell, over the same period.
	Wallets []WhiteSpaceAmount `json:"wallets,omitempty"`
}

// WhiteSpaceRule says how look-alikes make a potential.
type WhiteSpaceRule string

// The rules. "Per unit of size" is dropped with WhiteSpaceOptions.IgnoreSize.
const (
	// PeerQuantile: the quantile, over all peers, of the amount per unit of
	// size, those who do not buy counted as 0. With the quantile 0.75 it is
	// what a quarter of the look-alikes reach already.
	PeerQuantile WhiteSpaceRule = "quantile"
	// PeerPenetration: the share of the peers who buy, times the quantile,
	// over those who buy, of the amount per unit of size.
	PeerPenetration WhiteSpaceRule = "penetration"
)

// WhiteSpaceOptions sets up [WhiteSpace].
type WhiteSpaceOptions struct {
	// Rule is PeerQuantile or PeerPenetration. Defaults to PeerQuantile.
	Rule WhiteSpaceRule
	// Quantile lies above 0 and at most at 1 (Hyndman and Fan's type 7).
	// Defaults to 0.75 for PeerQuantile and to 0.5 for PeerPenetration.
	Quantile float64
	// MinPeers is how many peers a potential needs. Defaults to 5.
	MinPeers int
	// IgnoreSize compares amounts as they are and takes every account for a
	// peer. Defaults to false: per unit of size.
	IgnoreSize bool
	// Cent is the unit that a potential is rounded to, a power of ten from
	// 1e-8 to 1e8. Defaults to 0.01.
	Cent decimal.Decimal
}

// WhiteSpaceBasis says where a potential comes from.
type WhiteSpaceBasis string

// The bases.
const (
	// BasisPeers: from the peers, by the rule.
	BasisPeers WhiteSpaceBasis = "peers"
	// BasisPeersCapped: from the peers, but no more than the wallet.
	BasisPeersCapped WhiteSpaceBasis = "peers_capped"
	// BasisWallet: the account's wallet times the quantile of the peers'
	// shares of theirs, where enough peers have a known wallet.
	BasisWallet WhiteSpaceBasis = "wallet"
	// BasisNone: there are too few peers; the potential is the current amount.
	BasisNone WhiteSpaceBasis = "none"
)

// WhiteSpaceGrid is what [WhiteSpace] returns.
type WhiteSpaceGrid struct {
	// Rule, Quantile, MinPeers, IgnoreSize and Cent are the options used.
	Rule       WhiteSpaceRule  `json:"rule"`
	Quantile   float64         `json:"quantile"`
	MinPeers   int             `json:"min_peers"`
	IgnoreSize bool            `json:"ignore_size"`
	Cent       decimal.Decimal `json:"cent"`
	// Cells are all cells in which anybody buys or has a wallet, in order of
	// product, unit and region.
	Cells []WhiteSpaceCell `json:"cells"`
	// Accounts are sorted by Headroom, the greatest first, then by ID.
	Accounts []WhiteSpaceTotal `json:"accounts"`
}

// WhiteSpaceTotal is one account's row of the grid.
type WhiteSpaceTotal struct {
	ID      string `json:"id"`
	Segment string `json:"segment"`
	// Current and Headroom add up over Cells.
	Current  decimal.Decimal `json:"current"`
	Headroom decimal.Decimal `json:"headroom"`
	// Cells are those with a current amount, a wallet or a headroom, by
	// Headroom, the greatest first, then in the grid's order.
	Cells []WhiteSpacePlace `json:"cells"`
}

// WhiteSpacePlace is one account in one cell.
type WhiteSpacePlace struct {
	WhiteSpaceCell
	// Current is what the account buys, Potential what it could, Headroom the
	// difference where it is positive, else 0.
	Current   decimal.Decimal `json:"current"`
	Potential decimal.Decimal `json:"potential"`
	Headroom  decimal.Decimal `json:"headroom"`
	Basis     WhiteSpaceBasis `json:"basis"`
	// Peers is how many look-alikes were compared, this account left out;
	// Buyers is how many of them buy in this cell. For BasisWallet both are
	// about the peers with a known wallet.
	Peers  int `json:"peers"`
	Buyers int `json:"buyers"`
	// PeerLevel is the figure found among them: an amount per unit of size, or
	// a share of wallet for BasisWallet.
	PeerLevel float64 `json:"peer_level"`
	// Wallet is what the account spends here with everybody, nil where it is
	// not known; WalletShare is our share of it, from 0 to 1.
	Wallet      *decimal.Decimal `json:"wallet,omitempty"`
	WalletShare float64          `json:"wallet_share"`
}

// WhiteSpace compares every account with the other accounts of its segment,
// cell by cell, and tells how much more it could buy: potential less current.
// Each account is left out of its own comparison. A nil opts means the
// defaults.
//
// It refuses, as a [*keyaccount.InputError] that names list, row and field:
// no accounts; an ID that is missing or stands twice; a sale or wallet of an
// account that is not listed; a size that is negative or not finite, or no
// size at all unless IgnoreSize is set; a wallet that is negative or stands
// twice; amounts beyond 1e100; options outside their domain.
func WhiteSpace(in WhiteSpaceInput, opts *WhiteSpaceOptions) (*WhiteSpaceGrid, error) {
	o, err := whiteSpaceOptions(opts)
	if err != nil {
		return nil, err
	}
	g, err := newWhiteSpaceFacts(in, o)
	if err != nil {
		return nil, err
	}
	out := &WhiteSpaceGrid{
		Rule: o.Rule, Quantile: o.Quantile, MinPeers: o.MinPeers, IgnoreSize: o.IgnoreSize, Cent: o.Cent,
		Cells: g.cells, Accounts: make([]WhiteSpaceTotal, len(in.Accounts)),
	}
	for i, a := range in.Accounts {
		out.Accounts[i] = WhiteSpaceTotal{ID: a.ID, Segment: a.Segment, Cells: []WhiteSpacePlace{}}
	}
	for c := range g.cells {
		g.place(c, out.Accounts)
	}
	for i := range out.Accounts {
		t := &out.Accounts[i]
		var current, headroom exact.Sum
		for j := range t.Cells {
			current.Add(t.Cells[j].Current)
			headroom.Add(t.Cells[j].Headroom)
		}
		t.Current, t.Headroom = current.Decimal(), headroom.Decimal()
		slices.SortStableFunc(t.Cells, func(a, b WhiteSpacePlace) int { return compareMoney(b.Headroom, a.Headroom) })
	}
	slices.SortFunc(out.Accounts, func(a, b WhiteSpaceTotal) int {
		return cmp.Or(compareMoney(b.Headroom, a.Headroom), strings.Compare(a.ID, b.ID))
	})
	return out, nil
}

func compareCells(a, b WhiteSpaceCell) int {
	return cmp.Or(strings.Compare(a.Product, b.Product), strings.Compare(a.Unit, b.Unit), strings.Compare(a.Region, b.Region))
}
