package com.zhifuyun;

import java.util.function.Consumer;

/** The operations on tickets. */
public final class TicketsApi {
  private final Core core;

  TicketsApi(Core core) {
    this.core = core;
  }

  /** One page of tickets; one request. With the defaults. */
  public Page<Ticket> list() {
    return list(ListTickets.builder().build());
  }

  /** One page of tickets; one request. */
  public Page<Ticket> list(Consumer<ListTickets.Builder> request) {
    return list(request, RequestOptions.DEFAULT);
  }

  /** One page of tickets; one request. */
  public Page<Ticket> list(Consumer<ListTickets.Builder> request, RequestOptions options) {
    return list(Request.filled(ListTickets.builder(), request).build(), options);
  }

  /** One page of tickets; one request. */
  public Page<Ticket> list(ListTickets request) {
    return list(request, RequestOptions.DEFAULT);
  }

  /** One page of tickets; one request. */
  public Page<Ticket> list(ListTickets request, RequestOptions options) {
    return core.call(Operation.LIST_TICKETS, request, options);
  }

  /** All tickets, lazily, page by page, without repeats. */
  public Listing<Ticket> iterate() {
    return iterate(ListTickets.builder().build(), WalkOptions.DEFAULT);
  }

  /** All tickets that match, lazily, page by page, without repeats. */
  public Listing<Ticket> iterate(Consumer<ListTickets.Builder> request) {
    return iterate(request, WalkOptions.DEFAULT);
  }

  /** All tickets that match, lazily, page by page, without repeats. */
  public Listing<Ticket> iterate(Consumer<ListTickets.Builder> request, WalkOptions walk) {
    return iterate(Request.filled(ListTickets.builder(), request).build(), walk);
  }

  /** All tickets that match, lazily, page by page, without repeats. */
  public Listing<Ticket> iterate(ListTickets request) {
    return iterate(request, WalkOptions.DEFAULT);
  }

  /** All tickets that match, lazily, page by page, without repeats. */
  public Listing<Ticket> iterate(ListTickets request, WalkOptions walk) {
    return iterate(request, walk, RequestOptions.DEFAULT);
  }

  /** The same; the options are those of each request. */
  public Listing<Ticket> iterate(ListTickets request, WalkOptions walk, RequestOptions options) {
    return new Listing<>(core, Operation.WALK_TICKETS, request, options, walk);
  }

  /** Opens a ticket. */
  public Ticket create(Consumer<CreateTicket.Builder> request) {
    return create(request, RequestOptions.DEFAULT);
  }

  /** Opens a ticket. */
  public Ticket create(Consumer<CreateTicket.Builder> request, RequestOptions options) {
    return create(Request.filled(CreateTicket.builder(), request).build(), options);
  }

  /** Opens a ticket. */
  public Ticket create(CreateTicket request) {
    return create(request, RequestOptions.DEFAULT);
  }

  /** Opens a ticket. */
  public Ticket create(CreateTicket request, RequestOptions options) {
    return core.call(Operation.CREATE_TICKET, request, options);
  }

  /** Moves a ticket to another state, comments on it, or both. */
  public Ticket update(String id, Consumer<UpdateTicket.Builder> request) {
    return update(id, request, RequestOptions.DEFAULT);
  }

  /** Moves a ticket to another state, comments on it, or both. */
  public Ticket update(String id, Consumer<UpdateTicket.Builder> request, RequestOptions options) {
    return update(id, Request.filled(UpdateTicket.builder(), request).build(), options);
  }

  /** Moves a ticket to another state, comments on it, or both. */
  public Ticket update(String id, UpdateTicket request) {
    return update(id, request, RequestOptions.DEFAULT);
  }

  /** Moves a ticket to another state, comments on it, or both. */
  public Ticket update(String id, UpdateTicket request, RequestOptions options) {
    return core.call(Operation.UPDATE_TICKET, Given.value(request, "request").withId(id), options);
  }
}
