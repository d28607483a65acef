/**
 * Optimal transport with entropy: {@link dev.wsss.core.transport.Sinkhorn} finds the plan that moves one distribution to
 * another, {@link dev.wsss.core.transport.TransportPlan}.
 *
 * <p>In weak supervision it shares something out evenly: pixels among classes, lest the large ones take all (DHR), or features
 * among prototypes, lest all go to one (SeLa, SwAV: {@link dev.wsss.core.transport.PrototypeAssignment}).
 *
 * <pre>{@code
 * Sinkhorn dhr = Sinkhorn.dhr().build();
 * Tensor balanced = dhr.planOfSimilarity(scores).columnMinMax(); // [positions][classes], in [0, 1]
 *
 * Sinkhorn exact = Sinkhorn.builder().setEpsilon(0.01).optStop(Sinkhorn.Stop.marginalError(1e-9)).build();
 * TransportPlan plan = exact.plan(cost, rowShares, columnShares);
 * }</pre>
 */
@NullMarked
package dev.wsss.core.transport;

import org.jspecify.annotations.NullMarked;
