package segment

import (
	"strconv"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount"
)

// HeldDimension is a [HeldLevel] on a further dimension.
type HeldDimension struct {
	Name string `json:"name"`
	// Bins is the number of scores of its scale.
	Bins int `json:"bins"`
	HeldLevel
}

// dimension returns what is held on a further dimension, and nil where that is
// nothing.
func (s *HysteresisState) dimension(name string) *HeldDimension {
	for i := range s.Dimensions {
		if s.Dimensions[i].Name == name {
			return &s.Dimensions[i]
		}
	}
	return nil
}

func (s *HysteresisState) validateDimensions() error {
	if len(s.Dimensions) > MaxDimensions {
		return tooManyDimensions(len(s.Dimensions))
	}
	for i := range s.Dimensions {
		d := &s.Dimensions[i]
		switch {
		case s.dimension(d.Name) != d:
			return duplicateDimension(i, d.Name)
		case d.Name == "" || d.Bins < 2 || d.Bins > MaxBins:
			return &keyaccount.InputError{
				Kind: keyaccount.ErrOutOfRange, Field: "Dimensions", Row: i + 1, Value: d.Name,
				Reason: "a dimension has a name and 2 to " + strconv.Itoa(MaxBins) + " scores",
			}
		}
		if err := d.validate("Dimensions."+d.Name, d.Bins); err != nil {
			return err
		}
	}
	return nil
}

// bandedDimension is a further dimension and its band.
type bandedDimension struct {
	DimensionScale
	band     HysteresisBand
	up, down []Cut[decimal.Decimal]
}

func newBandedDimension(scale *DimensionScale, band HysteresisBand) bandedDimension {
	better := int64(+1)
	if scale.LowerBetter {
		better = -1
	}
	return bandedDimension{
		DimensionScale: *scale, band: band,
		up: shiftMoney(scale.Cuts, &band.Promote, better), down: shiftMoney(scale.Cuts, &band.Demote, -better),
	}
}

// next is [HysteresisBand.next] for the figure of an account.
func (d *bandedDimension) next(held HeldLevel, a *Account) HeldDimension {
	var figure reading
	if v, known := a.figure(d.Name); known {
		figure = reading{up: d.scoreBy(v, d.up), plain: d.Score(v), down: d.scoreBy(v, d.down)}
	}
	return HeldDimension{Name: d.Name, Bins: d.Bins(), HeldLevel: d.band.next(held, figure)}
}
