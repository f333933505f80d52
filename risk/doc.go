// Package risk answers what could go wrong with the accounts a seller lives
// on. Its first part is dependency: how much of the revenue hangs on how few
// names, and what is left when the largest of them leave.
//
// With p_i the share of account i in the positive revenue, largest first,
//
//	HHI = Σ p_i²      Effective = 1 / HHI      CR(k) = p_1 + … + p_k
//
// and a loss splits the revenue without rounding: Lost + Remaining = total.
//
//	c, err := risk.Concentrate([]float64{50, 30, 20})
//	c.HHI, c.Effective, c.CR(2)                       // 0.38, 2.63…, 0.8
//	losses, err := risk.Stress(accounts, risk.LargestFail(2))
//
// # Sources
//
//   - [HHI]: Herfindahl (1950), Hirschman (1945); the scale on which the US
//     merger guidelines speak of 2600 is HHI times 10,000.
//   - Effective: the numbers equivalent of Adelman (1969).
//   - Gini: the population form (2 Σ i x_(i)) / (n Σ x) - (n+1)/n of the
//     R package ineq.
//   - TheilT, TheilL: Theil (1967); generalised entropy of order 1 and 0.
//   - HallTideman: Hall and Tideman (1967), 1 / (2 Σ i p_i - 1).
//   - Sums: Neumaier (1974), so that a figure does not drift with length.
package risk
