package com.zhifuyun;

import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** The operations on conversations. Every error is in the future. */
public final class AsyncConversationsApi {
  private final Core core;

  AsyncConversationsApi(Core core) {
    this.core = core;
  }

  /** One page of conversations; one request. With the defaults. */
  public CompletableFuture<Page<Conversation>> list() {
    return list(ListConversations.builder().build());
  }

  /** One page of conversations; one request. */
  public CompletableFuture<Page<Conversation>> list(Consumer<ListConversations.Builder> request) {
    return list(request, RequestOptions.DEFAULT);
  }

  /** One page of conversations; one request. */
  public CompletableFuture<Page<Conversation>> list(
      Consumer<ListConversations.Builder> request, RequestOptions options) {
    return core.submit(
        Operation.LIST_CONVERSATIONS,
        () -> Request.filled(ListConversations.builder(), request).build(),
        options);
  }

  /** One page of conversations; one request. */
  public CompletableFuture<Page<Conversation>> list(ListConversations request) {
    return list(request, RequestOptions.DEFAULT);
  }

  /** One page of conversations; one request. */
  public CompletableFuture<Page<Conversation>> list(
      ListConversations request, RequestOptions options) {
    return core.submit(Operation.LIST_CONVERSATIONS, request, options);
  }

  /** All conversations, lazily, page by page, without repeats. */
  public AsyncListing<Conversation> iterate() {
    return iterate(ListConversations.builder().build(), WalkOptions.DEFAULT);
  }

  /** All conversations that match, lazily, page by page, without repeats. */
  public AsyncListing<Conversation> iterate(Consumer<ListConversations.Builder> request) {
    return iterate(request, WalkOptions.DEFAULT);
  }

  /** All conversations that match, lazily, page by page, without repeats. */
  public AsyncListing<Conversation> iterate(
      Consumer<ListConversations.Builder> request, WalkOptions walk) {
    return iterate(Request.filled(ListConversations.builder(), request).build(), walk);
  }

  /** All conversations that match, lazily, page by page, without repeats. */
  public AsyncListing<Conversation> iterate(ListConversations request) {
    return iterate(request, WalkOptions.DEFAULT);
  }

  /** All conversations that match, lazily, page by page, without repeats. */
  public AsyncListing<Conversation> iterate(ListConversations request, WalkOptions walk) {
    return iterate(request, walk, RequestOptions.DEFAULT);
  }

  /** The same; the options are those of each request. */
  public AsyncListing<Conversation> iterate(
      ListConversations request, WalkOptions walk, RequestOptions options) {
    return new AsyncListing<>(core, Operation.WALK_CONVERSATIONS, request, options, walk);
  }

  /** One conversation by its id. */
  public CompletableFuture<Conversation> get(String id) {
    return get(id, RequestOptions.DEFAULT);
  }

  /** One conversation by its id. */
  public CompletableFuture<Conversation> get(String id, RequestOptions options) {
    return core.submit(Operation.GET_CONVERSATION, Request.id(id), options);
  }

  /** Begins a conversation in the name of a customer. */
  public CompletableFuture<Conversation> create(Consumer<CreateConversation.Builder> request) {
    return create(request, RequestOptions.DEFAULT);
  }

  /** Begins a conversation in the name of a customer. */
  public CompletableFuture<Conversation> create(
      Consumer<CreateConversation.Builder> request, RequestOptions options) {
    return core.submit(
        Operation.CREATE_CONVERSATION,
        () -> Request.filled(CreateConversation.builder(), request).build(),
        options);
  }

  /** Begins a conversation in the name of a customer. */
  public CompletableFuture<Conversation> create(CreateConversation request) {
    return create(request, RequestOptions.DEFAULT);
  }

  /** Begins a conversation in the name of a customer. */
  public CompletableFuture<Conversation> create(
      CreateConversation request, RequestOptions options) {
    return core.submit(Operation.CREATE_CONVERSATION, request, options);
  }
}
