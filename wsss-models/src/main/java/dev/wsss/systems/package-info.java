/**
 * What the published systems below have in common: how a run of one is set up.
 */
@NullMarked
package dev.wsss.systems;

import org.jspecify.annotations.NullMarked;
