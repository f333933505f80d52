package clv

import (
	"maps"
	"math"
	"slices"

	"github.com/keyaccount/keyaccount"
)

// byAge counts the accounts of each age, in rising order.
func (t *trial) byAge() (ages []float64, counts map[float64]float64) {
	counts = make(map[float64]float64)
	for _, row := range t.rows {
		counts[row.Age] += row.n
	}
	return slices.Sorted(maps.Keys(counts)), counts
}

func (t *trial) calibrated(ask *asked, frequencies int) []FrequencyBin {
	bins := frequencyBins(frequencies)
	spreads := make(map[float64][]float64)
	for _, row := range t.rows {
		if _, known := spreads[row.Age]; !known {
			p := []float64{1} // at age 0
			if row.Age > 0 && frequencies > 1 {
				p, _ = ask.distribution(History{}, row.Age, frequencies-2)
			}
			spreads[row.Age] = p
		}
		spreadOver(bins, spreads[row.Age], row.Frequency, row.n)
	}
	return bins
}

func (t *trial) timing(ask *asked, points int) []TimingPoint {
	if !t.timed {
		return nil
	}
	out := make([]TimingPoint, points)
	for j := range out {
		out[j].Time = t.Holdout * (float64(j+1) / float64(points))
		var none float64
		for i, row := range t.rows {
			if i == 0 || row.History != t.rows[i-1].History {
				p, _ := ask.distribution(row.History, out[j].Time, 0)
				none = p[0]
			}
			if row.Next > 0 && row.Next <= out[j].Time {
				out[j].Actual += int(row.n)
			}
			out[j].Expected += row.n * (1 - none)
		}
	}
	return out
}

func (t *trial) born(ask *asked) (out BornOrders) {
	ages := make([]float64, 0, len(t.Born))
	for _, a := range t.Born {
		out.Accounts++
		out.Actual += a.Frequency
		if a.Age > 0 {
			ages = append(ages, a.Age)
		}
	}
	slices.Sort(ages) // the sum must not depend on the order of accounts
	for _, age := range ages {
		out.Expected += ask.mean(History{}, age)
	}
	return out
}

func (t *trial) tracking(ask *asked, period float64) ([]Tracked, error) {
	if !t.Dated {
		return nil, nil
	}
	length := t.Calibration + t.Holdout
	periods := math.Ceil(length / period)
	if !(periods <= maxBins) {
		return nil, &keyaccount.InputError{
			Kind: keyaccount.ErrOutOfRange, Field: "Period", Value: formatFloat(period),
			Reason: "there can be 10000 periods at the most",
		}
	}
	ages, counts := t.byAge()
	mean := make(map[float64]float64) // cohorts reach the same ages
	out := make([]Tracked, int(periods))
	at := 0
	var before Tracked
	for k := range out {
		r := Tracked{From: before.To, To: min(float64(k+1)*period, length), CumulativeActual: before.CumulativeActual}
		r.Heldout = r.From >= t.Calibration
		for ; at < len(t.Repeats) && (t.Repeats[at].Time <= r.To || k == len(out)-1); at++ {
			r.Actual += t.Repeats[at].Orders
		}
		r.CumulativeActual += r.Actual
		for _, age := range ages {
			lived := r.To - (t.Calibration - age)
			if lived <= 0 {
				continue
			}
			v, known := mean[lived]
			if !known {
				v = ask.mean(History{}, lived)
				mean[lived] = v
			}
			r.CumulativeExpected += counts[age] * v
		}
		r.Expected = r.CumulativeExpected - before.CumulativeExpected
		out[k], before = r, r
	}
	return out, nil
}
