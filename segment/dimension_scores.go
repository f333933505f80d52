package segment

import (
	"encoding/json"
	"strconv"

	"github.com/keyaccount/keyaccount"
	saved "github.com/keyaccount/keyaccount/internal/state"
)

// DimensionScores are scores on further dimensions, or numbers of scores, or
// differences of them, in the order of the Model or the Rules they belong to.
// A score is 0 where the figure is not known. In JSON they are a list that ends
// with the last one that is not 0.
type DimensionScores [MaxDimensions]int8

// used is how many there are up to the last that is not 0.
func (d DimensionScores) used() int {
	n := len(d)
	for n > 0 && d[n-1] == 0 {
		n--
	}
	return n
}

// MarshalJSON writes the list.
func (d DimensionScores) MarshalJSON() ([]byte, error) { return json.Marshal(d[:d.used()]) }

// UnmarshalJSON reads a list of at most MaxDimensions numbers from -MaxBins to
// MaxBins.
func (d *DimensionScores) UnmarshalJSON(data []byte) error {
	var list []int
	if err := json.Unmarshal(data, &list); err != nil {
		return saved.Malformed("Dimensions", err)
	}
	if len(list) > MaxDimensions {
		return tooManyDimensions(len(list))
	}
	var out DimensionScores
	for i, v := range list {
		if v < -MaxBins || v > MaxBins {
			return &keyaccount.InputError{
				Kind: keyaccount.ErrOutOfRange, Field: "Dimensions", Row: i + 1, Value: strconv.Itoa(v), Reason: binsRange(),
			}
		}
		out[i] = int8(v)
	}
	*d = out
	return nil
}
