/**
 * Networks as plain Java: a {@link dev.wsss.core.nn.Network} is a tree of named parameters and buffers with a {@code
 * forward} written in ordinary code over libtorch's functions.
 *
 * <p>libtorch's own module classes are not used. Their names may not contain a dot, so checkpoint keys such as {@code
 * conv1.0.weight} could not be spelt; their containers crash through the Java binding; and a tree of our own gives one
 * owner to every tensor. Key names are those of the reference checkpoints.
 *
 * <p>Intermediate results belong to the current {@link dev.wsss.core.runtime.Scope}; parameters and buffers belong to
 * the network and are freed by {@link dev.wsss.core.nn.Network#close()}.
 *
 * <p>A network tells its parts by path ({@link dev.wsss.core.nn.Network#modules()}) and what they are made of ({@link
 * dev.wsss.core.nn.Network#architecture()}); a part whose computation does not show in the shapes of its tensors overrides
 * {@code settings()}. {@link dev.wsss.core.nn.Init#loaded} makes a network without drawing weights that a checkpoint brings,
 * and {@link dev.wsss.core.nn.Recompute} trains deep ones in little memory.
 */
@NullMarked
package dev.wsss.core.nn;

import org.jspecify.annotations.NullMarked;
