package segment

import (
	"errors"
	"strconv"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/exact"
)

// Tier is a class of accounts by rank.
type Tier struct {
	// Key names the tier in data and code, such as "gold".
	Key string `json:"key"`
	keyaccount.Text
	// Share is how large a part of the accounts the tier is meant to hold,
	// above 0 and at most 1.
	Share decimal.Decimal `json:"share"`
}

// TierNone is the key of the accounts whose net is not positive.
const TierNone = "none"

// DefaultTiers returns diamond, gold, silver and bronze, of 5, 15, 30 and 50 %.
func DefaultTiers() []Tier {
	return []Tier{
		{"diamond", keyaccount.Text{En: "Diamond", Zh: "钻石"}, decimal.New(5, -2)},
		{"gold", keyaccount.Text{En: "Gold", Zh: "黄金"}, decimal.New(15, -2)},
		{"silver", keyaccount.Text{En: "Silver", Zh: "白银"}, decimal.New(30, -2)},
		{"bronze", keyaccount.Text{En: "Bronze", Zh: "青铜"}, decimal.New(50, -2)},
	}
}

// TierOptions sets up [Tiers].
type TierOptions struct {
	// Tiers are the tiers, the best first; their shares add up to 1. None may
	// have the key TierNone. Defaults to DefaultTiers.
	Tiers []Tier
}

// TierResult is the outcome of [Tiers].
type TierResult struct {
	Currency string `json:"currency,omitempty"`
	// Total is the sum of the positive nets, and Positive how many accounts
	// have one: the shares of the tiers are shares of them.
	Total    decimal.Decimal `json:"total"`
	Positive int             `json:"positive"`
	// Tiers are the tiers, the best first, also where one is empty; the last
	// is TierNone.
	Tiers []TierTotal `json:"tiers"`
	// Accounts are sorted by Net, the greatest first, then by ID.
	Accounts []TierAccount `json:"accounts"`
}

// TierTotal is one tier as a whole.
type TierTotal struct {
	Tier
	// Accounts is how many there are, Net what they add up to, Least the
	// smallest net among them; 0 where there are none.
	Accounts int             `json:"accounts"`
	Net      decimal.Decimal `json:"net"`
	Least    decimal.Decimal `json:"least"`
	// NetShare is Net over Total; 0 for TierNone.
	NetShare float64 `json:"net_share"`
}

// TierAccount is one account's tier. Everything but ID is the same for
// accounts of equal Net.
type TierAccount struct {
	ID   string          `json:"id"`
	Net  decimal.Decimal `json:"net"`
	Tier string          `json:"tier"`
	// Rank is one more than the number of accounts with a greater Net.
	Rank int `json:"rank"`
}

// Tiers ranks the accounts by net amount and deals them out: an account is in
// the first tier that is not full yet before it, which is when fewer accounts
// have a greater net than the shares of this tier and of those above are of
// the accounts with a positive net. Equal nets are thus in the same tier, the
// better one, and a tier may hold more than its share by the size of such a
// group; the best tier always has an account. Accounts with a net of zero or
// less are in none, TierNone. A nil opts means the defaults.
//
// Tiers refuses, as a [*keyaccount.InputError] each, joined: tiers without a
// key, a label in English and one in Chinese, a key that stands twice or is
// TierNone, shares outside their domain or that do not add up to 1; and the
// accounts that [ABC] refuses.
func Tiers(accounts []Account, opts *TierOptions) (*TierResult, error) {
	tiers := DefaultTiers()
	if opts != nil && len(opts.Tiers) > 0 {
		tiers = opts.Tiers
	}
	if err := checkTiers(tiers); err != nil {
		return nil, err
	}
	if err := checkAccounts(accounts); err != nil {
		return nil, err
	}
	r := rankByNet(accounts)
	out := &TierResult{
		Currency: accounts[0].Currency, Total: r.total.decimal(r.units.places), Positive: r.positive,
		Accounts: make([]TierAccount, len(accounts)),
	}
	for _, t := range tiers {
		out.Tiers = append(out.Tiers, TierTotal{Tier: t})
	}
	none := len(tiers)
	out.Tiers = append(out.Tiers, TierTotal{Tier: Tier{Key: TierNone, Text: keyaccount.Text{En: "No value", Zh: "无贡献"}}})

	full := tierLimits(tiers, r.positive)
	nets := make([]unitSum, len(out.Tiers))
	at := 0
	for i, to := range r.ends {
		from := r.from(i)
		for at < none && (i >= r.valued || from >= full[at]) {
			at++
		}
		t := &out.Tiers[at]
		t.Accounts += to - from
		t.Least = accounts[r.first(i)].Net
		nets[at] = nets[at].plus(&r.units, r.first(i), to-from)
		for p := from; p < to; p++ {
			a := &accounts[r.order[p]]
			out.Accounts[p] = TierAccount{ID: a.ID, Net: a.Net, Tier: t.Key, Rank: from + 1}
		}
	}
	for i := range out.Tiers {
		t := &out.Tiers[i]
		t.Net = nets[i].decimal(r.units.places)
		if i != none {
			t.NetShare = nets[i].over(r.total)
		}
	}
	return out, nil
}

// tierLimits returns how many accounts, rounded up, are in each tier and those
// above it.
func tierLimits(tiers []Tier, accounts int) []int {
	all := unitSum{small: int64(accounts)}
	var sum exact.Sum
	out := make([]int, len(tiers))
	for i, t := range tiers {
		sum.Add(t.Share) // in range, since checkTiers looked
		out[i] = int(all.ceilTimes(sum.Decimal()).small)
	}
	return out
}

func checkTiers(tiers []Tier) error {
	var faults []error
	fault := func(kind error, field string, row int, value, reason string) {
		faults = append(faults, &keyaccount.InputError{Kind: kind, Field: field, Row: row, Value: value, Reason: reason})
	}
	seen := map[string]bool{TierNone: true}
	var sum exact.Sum
	for i, t := range tiers {
		if t.Key == "" || t.En == "" || t.Zh == "" {
			fault(keyaccount.ErrMissing, "Key", i+1, t.Key, "a tier needs a key, and a label in English and in Chinese")
		}
		if seen[t.Key] {
			fault(keyaccount.ErrDuplicate, "Key", i+1, t.Key, "this key is taken")
		}
		seen[t.Key] = true
		if t.Share.Sign() <= 0 || compareMoney(t.Share, decimal.New(1, 0)) > 0 || !sum.Add(t.Share) {
			fault(keyaccount.ErrOutOfRange, "Share", i+1, exact.Text(t.Share), "a share lies above 0 and at most at 1")
		}
	}
	if total := sum.Decimal(); len(faults) == 0 && total.Cmp(decimal.New(1, 0)) != 0 {
		fault(keyaccount.ErrOutOfRange, "Tiers", 0, exact.Text(total), "the shares of "+strconv.Itoa(len(tiers))+" tiers must add up to 1")
	}
	return errors.Join(faults...)
}
