package segment

import (
	"errors"
	"math"
	"strconv"

	"github.com/keyaccount/keyaccount"
)

// maxPSIBins bounds the bins of [PSI] and the labels of [MigrateLabels].
const maxPSIBins = 1000

// PSITest says how large a PSI chance alone makes. Where both samples come
// from one population over B bins, the index is distributed as
//
//	(1/n + 1/m) χ²(B−1)    with mean (1/n + 1/m)(B−1), variance 2 (1/n + 1/m)² (B−1)
//
// (Yurdakul, Statistical Properties of Population Stability Index, Western
// Michigan University 2018). The law is asymptotic and supposes two independent
// samples: accounts that are in both mostly stay where they were, and make
// chance smaller than that.
type PSITest struct {
	// Before and After are the sample sizes n and m.
	Before int `json:"before"`
	After  int `json:"after"`
	// DF is the number of compared bins less 1.
	DF int `json:"df"`
	// Level is the chance of an index beyond ChiSquare where nothing changed.
	Level float64 `json:"level"`
	// ChiSquare and Normal are the critical values of the index: by the law
	// itself, and by its normal approximation, mean plus z standard deviations.
	ChiSquare float64 `json:"chi_square"`
	Normal    float64 `json:"normal"`
	// PValue is the chance of an index at least this large where nothing
	// changed, by the law.
	PValue float64 `json:"p_value"`
	// Significant says that the index is beyond ChiSquare.
	Significant bool `json:"significant"`
}

func psiTest(index float64, df, n, m int, level float64) *PSITest {
	t := &PSITest{Before: n, After: m, DF: df, Level: level, PValue: 1}
	if df == 0 {
		return t
	}
	unit := 1/float64(n) + 1/float64(m)
	t.ChiSquare = unit * psiQuantile(df, level)
	t.Normal = unit * (float64(df) + math.Sqrt2*math.Erfcinv(2*level)*math.Sqrt(2*float64(df)))
	t.PValue = chiSquareTail(index/unit, df)
	t.Significant = index > t.ChiSquare
	return t
}

// psiQuantile returns the x with P(χ² > x) = level, by bisection down to
// neighbouring numbers.
func psiQuantile(df int, level float64) float64 {
	lo, hi := 0.0, 1.0
	for chiSquareTail(hi, df) > level {
		lo, hi = hi, 2*hi
	}
	for {
		mid := lo + (hi-lo)/2
		if mid <= lo || mid >= hi {
			return hi
		}
		if chiSquareTail(mid, df) > level {
			lo = mid
		} else {
			hi = mid
		}
	}
}

func psiFault(kind error, field string, row int, value, reason string) error {
	return &keyaccount.InputError{Kind: kind, Field: field, Row: row, Value: value, Reason: reason}
}

func psiOptions(opts *PSIOptions, before, after int) (PSIOptions, error) {
	o := PSIOptions{}
	if opts != nil {
		o = *opts
	}
	if o.Floor == 0 {
		o.Floor = 1e-4
	}
	if o.Level == 0 {
		o.Level = 0.05
	}
	switch {
	case before == 0 && after == 0:
		return o, psiFault(keyaccount.ErrMissing, "before", 0, "", "there is no bin to compare")
	case before != after:
		return o, psiFault(keyaccount.ErrMismatch, "after", 0, strconv.Itoa(after),
			"the two sides need the same bins; before has "+strconv.Itoa(before))
	case before > maxPSIBins:
		return o, psiFault(keyaccount.ErrOutOfRange, "before", 0, strconv.Itoa(before),
			"there can be at most "+strconv.Itoa(maxPSIBins)+" bins")
	}
	var faults []error
	fault := func(field, value, reason string) {
		faults = append(faults, psiFault(keyaccount.ErrOutOfRange, field, 0, value, reason))
	}
	if !o.Empty.known() {
		fault("Empty", strconv.Itoa(int(o.Empty)), "there is no such policy for empty bins")
	}
	// Negated, so that NaN is refused too.
	if o.Empty == FloorEmpty && !(o.Floor > 0 && o.Floor*float64(before) <= 1) {
		fault("Floor", shareText(o.Floor), "a floor lies above 0 and at most at one over the number of bins")
	}
	if !(o.Level > 0 && o.Level <= 0.5) {
		fault("Level", shareText(o.Level), "a significance level lies above 0 and at most at 0.5")
	}
	return o, errors.Join(faults...)
}

func psiCounts(side string, counts []int) (weights []float64, total int, err error) {
	weights = make([]float64, len(counts))
	for i, c := range counts {
		if c < 0 || c > maxCount-total {
			return nil, 0, psiFault(keyaccount.ErrOutOfRange, side, i+1, strconv.Itoa(c),
				"counts are 0 or more and add up to at most 2^53")
		}
		total += c
		weights[i] = float64(c)
	}
	if total == 0 {
		return nil, 0, psiFault(keyaccount.ErrMissing, side, 0, "", "there is nothing in any bin")
	}
	return weights, total, nil
}

func checkShares(side string, shares []float64) error {
	total := 0.0
	for i, s := range shares {
		if !(s >= 0 && s <= 1) {
			return psiFault(keyaccount.ErrOutOfRange, side, i+1, shareText(s), "a share lies between 0 and 1")
		}
		total += s
	}
	if math.Abs(total-1) > 1e-6 {
		return psiFault(keyaccount.ErrOutOfRange, side, 0, shareText(total), "the shares must add up to 1")
	}
	return nil
}

func shareText(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }
