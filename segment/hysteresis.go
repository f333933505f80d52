package segment

import (
	"errors"
	"maps"
	"slices"
	"strconv"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/exact"
)

// maxHysteresisPeriods bounds what a [HeldLevel] has to remember.
const maxHysteresisPeriods = 120

// HysteresisPolicy says when a score that is in force gives way to another, so
// that an account near a cut does not change its class with every order. The
// zero value holds nothing: the score in force is [Model.Score].
type HysteresisPolicy struct {
	// Version is the host's name for this policy; every state echoes it.
	Version string `json:"version"`
	// R counts in days, F in orders, M in the model's currency.
	R HysteresisBand `json:"r"`
	F HysteresisBand `json:"f"`
	M HysteresisBand `json:"m"`
	// Dimensions count in the units of the model's further dimensions, by name.
	// One that is left out holds nothing.
	Dimensions map[string]HysteresisBand `json:"dimensions,omitempty"`
}

// HysteresisBand is the policy of one scale.
type HysteresisBand struct {
	// Promote is what a better score takes, Demote what a worse one does.
	Promote HysteresisRule `json:"promote"`
	Demote  HysteresisRule `json:"demote"`
}

// HysteresisRule is what it takes to change a score: a margin beyond the cut, a
// number of periods, or both. A rule without any of them changes it at once.
type HysteresisRule struct {
	// Margin is how far beyond the cut the figure has to be, in its own unit.
	// Defaults to 0.
	Margin decimal.Decimal `json:"margin"`
	// Share is the same as a share of the cut, from 0 to less than 1: 0.10 is a
	// tenth of it. The larger of the two counts. A share of a cut of 0 is no
	// margin at all: use Margin where a cut can be 0. Defaults to 0.
	Share decimal.Decimal `json:"share"`
	// Periods is in how many consecutive periods the score has to be deserved,
	// this one included, at most 120. Defaults to 1.
	Periods int `json:"periods,omitempty"`
	// Either lets one of the two be enough: beyond the cut by the margin, or
	// simply beyond the cut for Periods. Needs a margin and at least 2 periods.
	// Defaults to false: beyond the cut by the margin for Periods.
	Either bool `json:"either,omitempty"`
}

func (r *HysteresisRule) periods() int { return max(r.Periods, 1) }

func (r *HysteresisRule) hasMargin() bool { return r.Margin.Sign() != 0 || r.Share.Sign() != 0 }

// Validate reports everything that is wrong with the policy.
func (p *HysteresisPolicy) Validate() error {
	faults := make([]error, 0, 3+len(p.Dimensions))
	faults = append(faults, p.R.validate("R."), p.F.validate("F."), p.M.validate("M."))
	for _, name := range slices.Sorted(maps.Keys(p.Dimensions)) {
		band := p.Dimensions[name]
		faults = append(faults, band.validate("Dimensions."+name+"."))
	}
	return errors.Join(faults...)
}

// Validate reports everything that is wrong with the band.
func (b *HysteresisBand) Validate() error { return b.validate("") }

func (b *HysteresisBand) validate(at string) error {
	return errors.Join(b.Promote.validate(at+"Promote"), b.Demote.validate(at+"Demote"))
}

func (r *HysteresisRule) validate(at string) error {
	var faults []error
	fault := func(field, value, reason string) {
		faults = append(faults, &keyaccount.InputError{
			Kind: keyaccount.ErrOutOfRange, Field: at + "." + field, Value: value, Reason: reason,
		})
	}
	if r.Margin.Sign() < 0 || !exact.InRange(r.Margin) {
		fault("Margin", exact.Text(r.Margin), "a margin is 0 or more")
	}
	if r.Share.Sign() < 0 || !exact.InRange(r.Share) || compareMoney(r.Share, decimal.New(1, 0)) >= 0 {
		fault("Share", exact.Text(r.Share), "a share of the cut lies from 0 to less than 1")
	}
	if r.Periods < 0 || r.Periods > maxHysteresisPeriods {
		fault("Periods", strconv.Itoa(r.Periods), "there can be 1 to "+strconv.Itoa(maxHysteresisPeriods)+" periods")
	}
	if r.Either && (!r.hasMargin() || r.Periods < 2) {
		fault("Either", "true", "it takes a margin and at least 2 periods to have the choice")
	}
	return errors.Join(faults...)
}

// HeldLevel is the score in force on one scale. It is data, to be kept until
// the next period; the zero HeldLevel has seen nothing.
type HeldLevel struct {
	// Level is the score in force; 0 where there is none.
	Level int `json:"level"`
	// Recent is what the latest periods deserved, the latest one last, as far as
	// it can still count: empty while nothing argues against Level.
	Recent []DeservedLevel `json:"recent,omitempty"`
}

// DeservedLevel is what the figure of one period argues for.
type DeservedLevel struct {
	// Up is the best score that the period supports, Down the worst that it
	// does not exclude; Up is at most Down, and between them lies the band.
	Up   int `json:"up"`
	Down int `json:"down"`
}

func (h *HeldLevel) validate(field string, bins int) error {
	fault := func(value int, reason string) error {
		return &keyaccount.InputError{Kind: keyaccount.ErrOutOfRange, Field: field, Value: strconv.Itoa(value), Reason: reason}
	}
	if h.Level < 0 || h.Level > bins {
		return fault(h.Level, "a level in force lies from 0 to the number of bins")
	}
	if len(h.Recent) >= maxHysteresisPeriods {
		return fault(len(h.Recent), "no policy looks back over so many periods")
	}
	for _, d := range h.Recent {
		if d.Up < 0 || d.Up > d.Down || d.Down > bins {
			return fault(d.Up, "what a period deserves lies from 0 to the number of bins, and up is at most down")
		}
	}
	return nil
}

// Step returns the level in force after a period in which the account has the
// score given, from 0 (none) upwards: a segment's or a tier's rank. The held
// one stays as it is. A band with a margin is refused, since a score does not
// tell how far beyond the cut the figure is; see [HysteresisBand.StepFigure].
func (b *HysteresisBand) Step(held HeldLevel, score int) (HeldLevel, error) {
	if err := b.Validate(); err != nil {
		return HeldLevel{}, err
	}
	if b.Promote.hasMargin() || b.Demote.hasMargin() {
		return HeldLevel{}, &keyaccount.InputError{
			Kind: keyaccount.ErrMismatch, Field: "Margin", Reason: "a margin beyond a cut needs the figure, not only the score",
		}
	}
	if score < 0 {
		return HeldLevel{}, &keyaccount.InputError{
			Kind: keyaccount.ErrOutOfRange, Field: "score", Value: strconv.Itoa(score), Reason: "a score is 0 or more",
		}
	}
	if err := held.validate("held", int(^uint(0)>>1)); err != nil {
		return HeldLevel{}, err
	}
	return b.next(held, reading{score, score, score}), nil
}

// StepFigure is Step for a figure and the ascending cuts of its scale, of which
// it deserves 1 + the number it is beyond.
func (b *HysteresisBand) StepFigure(held HeldLevel, figure decimal.Decimal, cuts []Cut[decimal.Decimal]) (HeldLevel, error) {
	if err := errors.Join(b.Validate(), held.validate("held", len(cuts)+1)); err != nil {
		return HeldLevel{}, err
	}
	if !exact.InRange(figure) {
		return HeldLevel{}, &keyaccount.InputError{
			Kind: keyaccount.ErrOutOfRange, Field: "figure", Value: exact.Text(figure), Reason: "the power of ten is too high or too low",
		}
	}
	unfit := func(c Cut[decimal.Decimal]) bool { return !exact.InRange(c.Value) || c.Over < 0 }
	if slices.ContainsFunc(cuts, unfit) || !slices.IsSortedFunc(cuts, moneyCutOrder) {
		return HeldLevel{}, &keyaccount.InputError{
			Kind: keyaccount.ErrOutOfRange, Field: "cuts", Reason: "the cuts must ascend, within the range of money",
		}
	}
	return b.next(held, reading{
		up:    1 + beyond(figure, shiftMoney(cuts, &b.Promote, +1), compareNet),
		plain: 1 + beyond(figure, cuts, compareNet),
		down:  1 + beyond(figure, shiftMoney(cuts, &b.Demote, -1), compareNet),
	}), nil
}

// reading is what one period's figure says: the score it deserves, the best one
// it deserves by the margin of promotion, and the worst one that the margin of
// demotion leaves open. up <= plain <= down.
type reading struct{ up, plain, down int }

// next is the transition. A level is granted when each of the last Periods
// supports it, and taken away when each of them excludes it.
func (b *HysteresisBand) next(held HeldLevel, r reading) HeldLevel {
	if held.Level == 0 {
		return HeldLevel{Level: r.plain}
	}
	d := DeservedLevel{Up: r.up, Down: r.down}
	if b.Promote.Either {
		d.Up = r.plain
	}
	if b.Demote.Either {
		d.Down = r.plain
	}
	out := HeldLevel{Level: held.Level}
	up, upFor := d.Up, 1
	down, downFor := d.Down, 1
	for _, before := range slices.Backward(held.Recent) {
		if upFor < b.Promote.periods() {
			up, upFor = min(up, before.Up), upFor+1
		}
		if downFor < b.Demote.periods() {
			down, downFor = max(down, before.Down), downFor+1
		}
	}
	if upFor == b.Promote.periods() {
		out.Level = max(out.Level, up)
	}
	if b.Promote.Either {
		out.Level = max(out.Level, r.up)
	}
	if downFor == b.Demote.periods() {
		out.Level = min(out.Level, down)
	}
	if b.Demote.Either {
		out.Level = min(out.Level, r.down)
	}
	// A period that argues for nothing else breaks every run, so that nothing
	// up to it can count again.
	keep := max(b.Promote.periods(), b.Demote.periods()) - 1
	if out.Level > 0 && keep > 0 && (d.Up > out.Level || d.Down < out.Level) {
		recent := held.Recent[max(0, len(held.Recent)-keep+1):]
		out.Recent = append(append(make([]DeservedLevel, 0, len(recent)+1), recent...), d)
	}
	return out
}
