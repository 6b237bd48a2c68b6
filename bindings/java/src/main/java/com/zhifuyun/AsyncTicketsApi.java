package com.zhifuyun;

import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** The operations on tickets. Every error is in the future. */
public final class AsyncTicketsApi {
  private final Core core;

  AsyncTicketsApi(Core core) {
    this.core = core;
  }

  /** One page of tickets; one request. With the defaults. */
  public CompletableFuture<Page<Ticket>> list() {
    return list(ListTickets.builder().build());
  }

  /** One page of tickets; one request. */
  public CompletableFuture<Page<Ticket>> list(Consumer<ListTickets.Builder> request) {
    return list(request, RequestOptions.DEFAULT);
  }

  /** One page of tickets; one request. */
  public CompletableFuture<Page<Ticket>> list(
      Consumer<ListTickets.Builder> request, RequestOptions options) {
    return core.submit(
        Operation.LIST_TICKETS,
        () -> Request.filled(ListTickets.builder(), request).build(),
        options);
  }

  /** One page of tickets; one request. */
  public CompletableFuture<Page<Ticket>> list(ListTickets request) {
    return list(request, RequestOptions.DEFAULT);
  }

  /** One page of tickets; one request. */
  public CompletableFuture<Page<Ticket>> list(ListTickets request, RequestOptions options) {
    return core.submit(Operation.LIST_TICKETS, request, options);
  }

  /** All tickets, lazily, page by page, without repeats. */
  public AsyncListing<Ticket> iterate() {
    return iterate(ListTickets.builder().build(), WalkOptions.DEFAULT);
  }

  /** All tickets that match, lazily, page by page, without repeats. */
  public AsyncListing<Ticket> iterate(Consumer<ListTickets.Builder> request) {
    return iterate(request, WalkOptions.DEFAULT);
  }

  /** All tickets that match, lazily, page by page, without repeats. */
  public AsyncListing<Ticket> iterate(Consumer<ListTickets.Builder> request, WalkOptions walk) {
    return iterate(Request.filled(ListTickets.builder(), request).build(), walk);
  }

  /** All tickets that match, lazily, page by page, without repeats. */
  public AsyncListing<Ticket> iterate(ListTickets request) {
    return iterate(request, WalkOptions.DEFAULT);
  }

  /** All tickets that match, lazily, page by page, without repeats. */
  public AsyncListing<Ticket> iterate(ListTickets request, WalkOptions walk) {
    return iterate(request, walk, RequestOptions.DEFAULT);
  }

  /** The same; the options are those of each request. */
  public AsyncListing<Ticket> iterate(
      ListTickets request, WalkOptions walk, RequestOptions options) {
    return new AsyncListing<>(core, Operation.WALK_TICKETS, request, options, walk);
  }

  /** Opens a ticket. */
  public CompletableFuture<Ticket> create(Consumer<CreateTicket.Builder> request) {
    return create(request, RequestOptions.DEFAULT);
  }

  /** Opens a ticket. */
  public CompletableFuture<Ticket> create(
      Consumer<CreateTicket.Builder> request, RequestOptions options) {
    return core.submit(
        Operation.CREATE_TICKET,
        () -> Request.filled(CreateTicket.builder(), request).build(),
        options);
  }

  /** Opens a ticket. */
  public CompletableFuture<Ticket> create(CreateTicket request) {
    return create(request, RequestOptions.DEFAULT);
  }

  /** Opens a ticket. */
  public CompletableFuture<Ticket> create(CreateTicket request, RequestOptions options) {
    return core.submit(Operation.CREATE_TICKET, request, options);
  }

  /** Moves a ticket to another state, comments on it, or both. */
  public CompletableFuture<Ticket> update(String id, Consumer<UpdateTicket.Builder> request) {
    return update(id, request, RequestOptions.DEFAULT);
  }

  /** Moves a ticket to another state, comments on it, or both. */
  public CompletableFuture<Ticket> update(
      String id, Consumer<UpdateTicket.Builder> request, RequestOptions options) {
    return core.submit(
        Operation.UPDATE_TICKET,
        () -> Request.filled(UpdateTicket.builder(), request).build().withId(id),
        options);
  }

  /** Moves a ticket to another state, comments on it, or both. */
  public CompletableFuture<Ticket> update(String id, UpdateTicket request) {
    return update(id, request, RequestOptions.DEFAULT);
  }

  /** Moves a ticket to another state, comments on it, or both. */
  public CompletableFuture<Ticket> update(String id, UpdateTicket request, RequestOptions options) {
    return core.submit(
        Operation.UPDATE_TICKET, () -> Given.value(request, "request").withId(id), options);
  }
}
