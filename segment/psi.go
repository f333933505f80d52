package segment

import (
	"math"
	"strconv"

	"github.com/keyaccount/keyaccount"
)

// EmptyBins says what [PSI] does with a bin that is empty on one side only,
// where the index is infinite. A bin that is empty on both sides adds nothing
// under every policy.
type EmptyBins int

const (
	// RefuseEmpty returns an error that names the bin.
	RefuseEmpty EmptyBins = iota
	// FloorEmpty raises every share below PSIOptions.Floor to it, on both
	// sides, empty or not, so that losing the last account of a bin never
	// lowers the index. The shares are not scaled back to 1.
	FloorEmpty
	// MergeEmpty goes from the first bin up and joins a bin with the ones
	// after it until neither side is empty; what remains at the end joins the
	// bins before. Only sensible where neighbouring bins are alike. Where one
	// bin would be left of several, the index could only be 0, and is refused.
	MergeEmpty
)

var emptyBinsNames = [...]string{RefuseEmpty: "refuse", FloorEmpty: "floor", MergeEmpty: "merge"}

func (e EmptyBins) known() bool { return e >= 0 && int(e) < len(emptyBinsNames) }

// String returns "refuse", "floor" or "merge".
func (e EmptyBins) String() string {
	if !e.known() {
		return "EmptyBins(" + strconv.Itoa(int(e)) + ")"
	}
	return emptyBinsNames[e]
}

// MarshalText implements [encoding.TextMarshaler].
func (e EmptyBins) MarshalText() ([]byte, error) {
	if !e.known() {
		return nil, psiFault(keyaccount.ErrOutOfRange, "Empty", 0, strconv.Itoa(int(e)), "there is no such policy for empty bins")
	}
	return []byte(emptyBinsNames[e]), nil
}

// UnmarshalText implements [encoding.TextUnmarshaler].
func (e *EmptyBins) UnmarshalText(text []byte) error {
	for i, name := range emptyBinsNames {
		if name == string(text) {
			*e = EmptyBins(i)
			return nil
		}
	}
	return psiFault(keyaccount.ErrMalformed, "Empty", 0, string(text), "the policies for empty bins are refuse, floor and merge")
}

// PSIOptions sets up [PSI] and [PSIShares].
type PSIOptions struct {
	// Empty is the policy for bins that are empty on one side. Defaults to
	// RefuseEmpty.
	Empty EmptyBins
	// Floor is the smallest share under FloorEmpty, above 0 and at most one
	// over the number of bins. Not looked at under another policy. Defaults to
	// 0.0001.
	Floor float64
	// Level is the significance level of the critical values, above 0 and at
	// most 0.5. Defaults to 0.05.
	Level float64
}

// PSIResult is a population stability index and what it is made of.
type PSIResult struct {
	// PSI is the sum of the bins' contributions: 0 for equal shares, never
	// negative. The rule of thumb calls less than 0.1 stable and more than
	// 0.25 a large shift, whatever the sample sizes; Test minds them.
	PSI float64 `json:"psi"`
	// Bins are those that were compared, in the order of the input.
	Bins []PSIBin `json:"bins"`
	// Empty and Floor are the policy used; Floor is 0 under another one than
	// FloorEmpty.
	Empty EmptyBins `json:"empty"`
	Floor float64   `json:"floor,omitempty"`
	// Test compares the index to what chance gives; nil from [PSIShares].
	Test *PSITest `json:"test,omitempty"`
}

// PSIBin is one bin of a [PSIResult], or several that were joined.
type PSIBin struct {
	// First and Last are the places in the input, counted from 1; they differ
	// where MergeEmpty joined bins.
	First int `json:"first"`
	Last  int `json:"last"`
	// Before and After are the shares compared, from 0 to 1.
	Before float64 `json:"before"`
	After  float64 `json:"after"`
	// Floored says that a share was raised to the floor.
	Floored bool `json:"floored,omitempty"`
	// Contribution is (After − Before) · ln(After / Before).
	Contribution float64 `json:"contribution"`
}

// PSI returns the population stability index of two distributions over the
// same bins, given as counts: Σ (q − p) ln(q / p) over their shares p and q
// (Jeffreys 1946, as a divergence). It is the same when the two change places,
// to the last bit. A nil opts means the defaults.
//
// It refuses, as a [*keyaccount.InputError], lists of different length
// ([keyaccount.ErrMismatch]), a side without any count or no bins
// ([keyaccount.ErrMissing]), a negative count, more than 2^53 counts or more
// than 1000 bins, options outside their domain, and a bin that Empty refuses
// ([keyaccount.ErrOutOfRange], Field "before" or "after", Row the bin).
func PSI(before, after []int, opts *PSIOptions) (*PSIResult, error) {
	o, err := psiOptions(opts, len(before), len(after))
	if err != nil {
		return nil, err
	}
	p, n, err := psiCounts("before", before)
	if err != nil {
		return nil, err
	}
	q, m, err := psiCounts("after", after)
	if err != nil {
		return nil, err
	}
	out, err := psi(p, q, float64(n), float64(m), o)
	if err != nil {
		return nil, err
	}
	out.Test = psiTest(out.PSI, len(out.Bins)-1, n, m, o.Level)
	return out, nil
}

// PSIShares is [PSI] for shares, such as those of revenue, which come from no
// counting and have no sampling error to test against. Each side must add up
// to 1 within 1e-6.
func PSIShares(before, after []float64, opts *PSIOptions) (*PSIResult, error) {
	o, err := psiOptions(opts, len(before), len(after))
	if err != nil {
		return nil, err
	}
	if err := checkShares("before", before); err != nil {
		return nil, err
	}
	if err := checkShares("after", after); err != nil {
		return nil, err
	}
	return psi(before, after, 1, 1, o)
}

// psi compares the weights p and q, which add up to n and m.
func psi(p, q []float64, n, m float64, o PSIOptions) (*PSIResult, error) {
	out := &PSIResult{Empty: o.Empty}
	if o.Empty == FloorEmpty {
		out.Floor = o.Floor
	}
	groups, err := psiGroups(p, q, o.Empty)
	if err != nil {
		return nil, err
	}
	for _, g := range groups {
		b := PSIBin{First: g.first, Last: g.last, Before: g.before / n, After: g.after / m}
		if low := out.Floor; b.Before < low || b.After < low {
			b.Before, b.After, b.Floored = max(b.Before, low), max(b.After, low), true
		}
		b.Contribution = (b.After - b.Before) * logRatio(b.After, b.Before)
		out.PSI += b.Contribution
		out.Bins = append(out.Bins, b)
	}
	return out, nil
}

type psiGroup struct {
	first, last   int
	before, after float64
}

// psiGroups drops what is empty on both sides and applies the policy.
func psiGroups(p, q []float64, policy EmptyBins) ([]psiGroup, error) {
	var groups []psiGroup
	var open psiGroup // waits for a side that is still empty
	occupied := 0
	for i := range p {
		if p[i] == 0 && q[i] == 0 {
			continue
		}
		occupied++
		if policy == RefuseEmpty && (p[i] == 0 || q[i] == 0) {
			side := "before"
			if q[i] == 0 {
				side = "after"
			}
			return nil, psiFault(keyaccount.ErrOutOfRange, side, i+1, "0",
				"the bin is empty here but not there, which makes the index infinite; choose FloorEmpty or MergeEmpty")
		}
		if open.first == 0 {
			open.first = i + 1
		}
		open.last = i + 1
		open.before += p[i]
		open.after += q[i]
		if policy == MergeEmpty && (open.before == 0 || open.after == 0) {
			continue
		}
		groups, open = append(groups, open), psiGroup{}
	}
	if open.first > 0 && len(groups) > 0 {
		g := &groups[len(groups)-1]
		g.last = open.last
		g.before += open.before
		g.after += open.after
	}
	if len(groups) < 2 && occupied > 1 {
		return nil, psiFault(keyaccount.ErrOutOfRange, "after", 0, "",
			"merging the empty bins leaves a single one, in which every change disappears; choose FloorEmpty")
	}
	return groups, nil
}

// logRatio returns ln(a/b), exactly antisymmetric, and accurate also where the
// two are nearly equal.
func logRatio(a, b float64) float64 {
	if max(a, b) < 2*min(a, b) {
		return 2 * math.Atanh((a-b)/(a+b))
	}
	return math.Log(a) - math.Log(b)
}
