package segment

import (
	"fmt"
	"math"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount/internal/exact"
	"github.com/keyaccount/keyaccount/internal/label"
)

// peerLevels is the buying peers of one segment in one cell: what each reaches,
// ascending. The others reach 0 and are only counted.
type peerLevels struct {
	levels []float64
	zeros  int
}

// without returns the n levels seen by one of the peers, itself left out, and
// how many of them are above 0.
func (p *peerLevels) without(own float64, member bool) (view peerView, peers, buyers int) {
	v := peerView{peerLevels: p, skip: -1}
	peers, buyers = p.zeros+len(p.levels), len(p.levels)
	if !member {
		return v, peers, buyers
	}
	if own > 0 {
		i, _ := slices.BinarySearch(p.levels, own)
		v.skip = i
		return v, peers - 1, buyers - 1
	}
	v.fewer = 1
	return v, peers - 1, buyers
}

// peerView is the levels in ascending order, zeros first, without one of them.
type peerView struct {
	*peerLevels
	skip  int // among levels
	fewer int // zeros
}

func (v peerView) at(i int) float64 {
	i -= v.zeros - v.fewer
	if i < 0 {
		return 0
	}
	if v.skip >= 0 && i >= v.skip {
		i++
	}
	return v.levels[i]
}

// quantile is Hyndman and Fan's type 7 over the elements from, …, from+n-1.
func (v peerView) quantile(q float64, from, n int) float64 {
	h := q * float64(n-1)
	i := int(h)
	lo := v.at(from + i)
	if i+1 >= n {
		return lo
	}
	return lo + (h-float64(i))*(v.at(from+i+1)-lo)
}

// place adds the cell with position c to the row of every account that has
// something there.
func (g *whiteSpaceFacts) place(c int, rows []WhiteSpaceTotal) {
	col := &g.byCell[c]
	bySize, byWallet := make([]peerLevels, len(g.members)), make([]peerLevels, len(g.members))
	level := make([]float64, len(rows)) // current per unit of size
	share := make([]float64, len(rows)) // current over wallet
	for a := range rows {
		segment := g.segments[a]
		current := 0.0
		if s := col.sales[a]; s != nil {
			current = max(0, nearestFloat(s.Decimal()))
		}
		if g.sizes[a] > 0 {
			level[a] = current / g.sizes[a]
			bySize[segment].add(level[a])
		}
		if w, ok := col.wallets[a]; ok && w.Sign() > 0 {
			share[a] = 1
			if wallet := nearestFloat(w); current < wallet {
				share[a] = current / wallet
			}
			byWallet[segment].add(share[a])
		}
	}
	for s := range bySize {
		slices.Sort(bySize[s].levels)
		slices.Sort(byWallet[s].levels)
	}
	for a := range rows {
		p := WhiteSpacePlace{WhiteSpaceCell: g.cells[c], WalletShare: share[a]}
		if s := col.sales[a]; s != nil {
			p.Current = s.Decimal()
		}
		if w, ok := col.wallets[a]; ok {
			p.Wallet = &w
		}
		segment := g.segments[a]
		g.potential(&p, level[a], g.sizes[a], &bySize[segment], &byWallet[segment])
		if col.sales[a] != nil || p.Wallet != nil || p.Headroom.Sign() > 0 {
			rows[a].Cells = append(rows[a].Cells, p)
		}
	}
}

func (p *peerLevels) add(level float64) {
	if level > 0 {
		p.levels = append(p.levels, level)
		return
	}
	p.zeros++
}

// potential fills in what the peers make of the place.
func (g *whiteSpaceFacts) potential(p *WhiteSpacePlace, level, size float64, bySize, byWallet *peerLevels) {
	p.Potential, p.Basis = p.Current, BasisNone
	if w := p.Wallet; w != nil && w.Sign() > 0 {
		view, peers, buyers := byWallet.without(p.WalletShare, true)
		if peers >= g.opts.MinPeers {
			p.Basis, p.Peers, p.Buyers = BasisWallet, peers, buyers
			p.PeerLevel = g.level(view, peers, buyers)
			p.Potential = g.money(nearestFloat(*w) * p.PeerLevel)
			p.headroom()
			return
		}
	}
	view, peers, buyers := bySize.without(level, size > 0)
	p.Peers, p.Buyers = peers, buyers
	if size > 0 && peers >= g.opts.MinPeers {
		p.Basis, p.PeerLevel = BasisPeers, g.level(view, peers, buyers)
		p.Potential = g.money(size * p.PeerLevel)
		if w := p.Wallet; w != nil && compareMoney(p.Potential, *w) > 0 {
			p.Basis, p.Potential = BasisPeersCapped, *w
		}
	}
	p.headroom()
}

func (g *whiteSpaceFacts) level(view peerView, peers, buyers int) float64 {
	if g.opts.Rule == PeerQuantile {
		return view.quantile(g.opts.Quantile, 0, peers)
	}
	if buyers == 0 {
		return 0
	}
	return float64(buyers) / float64(peers) * view.quantile(g.opts.Quantile, peers-buyers, buyers)
}

// money rounds an estimate to cents. Neither a size nor a level is so large that
// x were infinite.
func (g *whiteSpaceFacts) money(x float64) decimal.Decimal {
	if cents := math.Round(x * math.Pow10(int(g.places))); cents < 1<<53 {
		return decimal.New(int64(cents), -g.places)
	}
	return decimal.NewFromFloat(x).Round(g.places)
}

func (p *WhiteSpacePlace) headroom() {
	if compareMoney(p.Potential, p.Current) > 0 {
		p.Headroom = p.Potential.Sub(p.Current)
	}
}

// Explain says where the potential comes from, in Chinese where lang begins
// with "zh", else in English.
func (p WhiteSpacePlace) Explain(lang string) string {
	var en, zh, wallet string
	potential, current := exact.Text(p.Potential), exact.Text(p.Current)
	if p.Wallet != nil {
		wallet = exact.Text(*p.Wallet)
	}
	switch p.Basis {
	case BasisWallet:
		en = fmt.Sprintf("potential %s: peers reach %.1f %% of a wallet of %s", potential, 100*p.PeerLevel, wallet)
		zh = fmt.Sprintf("潜力 %s：同类客户钱包份额达 %.1f%%，本客户钱包 %s", potential, 100*p.PeerLevel, wallet)
	case BasisPeersCapped:
		en = fmt.Sprintf("potential %s: the whole wallet, which the level of the peers exceeds", potential)
		zh = fmt.Sprintf("潜力 %s：同类客户水平超过其钱包，以钱包为上限", potential)
	case BasisPeers:
		en = fmt.Sprintf("potential %s: %d of %d peers buy here, their level is %.6g", potential, p.Buyers, p.Peers, p.PeerLevel)
		zh = fmt.Sprintf("潜力 %s：%d/%d 家同类客户在此采购，水平为 %.6g", potential, p.Buyers, p.Peers, p.PeerLevel)
	default:
		return label.Pick(lang, "potential unknown: too few peers, or no size", "潜力未知：同类客户太少或缺少规模")
	}
	return label.Pick(lang, en+"; now "+current, zh+"；现为 "+current)
}
