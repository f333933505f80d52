// Package pricing answers what to charge for a quantity, and why.
//
// A [Ladder] is a list of price tiers, each with an inclusive upper bound
// b1 < b2 < … and b0 = 0, a price u per unit and a flat fee f. For a quantity
// q > 0 that ends in tier k,
//
//	graduated:  sum over i <= k of  f_i + u_i * (min(q, b_i) - b_(i-1))
//	volume:     f_k + u_k * q
//	package:    f_k + u_k * ceil(q / size)
//
// A [Breakdown] lists the terms, which add up to the total to the last digit:
//
//	ladder := pricing.Ladder{Mode: pricing.Volume, Tiers: tiers}
//	b, err := ladder.Price(decimal.NewFromInt(7))
//	fmt.Println(b.Total, b.Explain("en"))
//
// # Exact, not rounded
//
// Quantities, bounds and prices are decimals of any number of places, and so
// are the amounts: 2.5 units at 0.0333 cost 0.08325. Rounding to money is a
// later and named step, never part of a price.
//
// # Where products disagree
//
// Bounds are inclusive above, as at Stripe ("up_to"), OpenMeter and Flexprice.
// A quantity between two whole bounds, such as 100.5, belongs to the upper
// tier (getlago/lago-api#1699). Quantity 0 costs nothing unless
// [Ladder.ChargeFlatAtZero] says otherwise, as Lago, OpenMeter and Kong do.
// In a volume or package ladder a larger quantity may cost less;
// [Ladder.Inversions] reports where.
//
// # Sources
//
// Graduated and volume tiers: Stripe, "Tiered pricing",
// docs.stripe.com/subscriptions/pricing-models/tiered-pricing. Packages: Lago
// "Package" charge model and Flexprice package prices, both rounding up.
// Falling unit prices as a check: spree/spree#14665.
package pricing
