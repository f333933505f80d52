package cluster

import (
	"strconv"

	"github.com/keyaccount/keyaccount"
)

// checkTwo accepts two labellings of the same rows.
func checkTwo(a, b []int) (ka, kb int, err error) {
	if len(a) != len(b) {
		return 0, 0, mismatch("labels", strconv.Itoa(len(b)), "the other labels have "+strconv.Itoa(len(a))+" rows")
	}
	if ka, err = checkLabels(a, len(a)); err != nil {
		return 0, 0, err
	}
	kb, err = checkLabels(b, len(b))
	return ka, kb, err
}

// maxLabel bounds the memory that labels can ask for: they lie below it, or
// below the number of rows where that is greater.
const maxLabel = 10_000

// checkLabels returns one more than the largest label.
func checkLabels(labels []int, rows int) (k int, err error) {
	if rows == 0 {
		return 0, missing("labels", "there are no rows")
	}
	if len(labels) != rows {
		return 0, mismatch("labels", strconv.Itoa(len(labels)), "there are "+strconv.Itoa(rows)+" rows")
	}
	for i, a := range labels {
		if a < 0 || a >= max(rows, maxLabel) {
			return 0, &keyaccount.InputError{
				Kind: keyaccount.ErrOutOfRange, Field: "labels", Row: i + 1, Value: strconv.Itoa(a),
				Reason: "a label lies between 0 and " + strconv.Itoa(max(rows, maxLabel)-1),
			}
		}
		k = max(k, a+1)
	}
	return k, nil
}

// compactLabels numbers the labels that occur from 0 on, in their order.
func compactLabels(labels []int, k int) (compact []int32, number, sizes []int, err error) {
	to := make([]int32, k)
	for _, a := range labels {
		to[a] = 1
	}
	for a, used := range to {
		if used > 0 {
			to[a] = int32(len(number))
			number = append(number, a)
		}
	}
	if len(number) < 2 {
		return nil, nil, nil, outOfRange("labels", strconv.Itoa(len(number)), "there must be at least two clusters")
	}
	compact, sizes = make([]int32, len(labels)), make([]int, len(number))
	for i, a := range labels {
		compact[i] = to[a]
		sizes[to[a]]++
	}
	return compact, number, sizes, nil
}
