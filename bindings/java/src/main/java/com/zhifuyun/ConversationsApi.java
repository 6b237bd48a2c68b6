package com.zhifuyun;

import java.util.function.Consumer;

/** The operations on conversations. */
public final class ConversationsApi {
  private final Core core;

  ConversationsApi(Core core) {
    this.core = core;
  }

  /** One page of conversations; one request. With the defaults. */
  public Page<Conversation> list() {
    return list(ListConversations.builder().build());
  }

  /** One page of conversations; one request. */
  public Page<Conversation> list(Consumer<ListConversations.Builder> request) {
    return list(request, RequestOptions.DEFAULT);
  }

  /** One page of conversations; one request. */
  public Page<Conversation> list(
      Consumer<ListConversations.Builder> request, RequestOptions options) {
    return list(Request.filled(ListConversations.builder(), request).build(), options);
  }

  /** One page of conversations; one request. */
  public Page<Conversation> list(ListConversations request) {
    return list(request, RequestOptions.DEFAULT);
  }

  /** One page of conversations; one request. */
  public Page<Conversation> list(ListConversations request, RequestOptions options) {
    return core.call(Operation.LIST_CONVERSATIONS, request, options);
  }

  /** All conversations, lazily, page by page, without repeats. */
  public Listing<Conversation> iterate() {
    return iterate(ListConversations.builder().build(), WalkOptions.DEFAULT);
  }

  /** All conversations that match, lazily, page by page, without repeats. */
  public Listing<Conversation> iterate(Consumer<ListConversations.Builder> request) {
    return iterate(request, WalkOptions.DEFAULT);
  }

  /** All conversations that match, lazily, page by page, without repeats. */
  public Listing<Conversation> iterate(
      Consumer<ListConversations.Builder> request, WalkOptions walk) {
    return iterate(Request.filled(ListConversations.builder(), request).build(), walk);
  }

  /** All conversations that match, lazily, page by page, without repeats. */
  public Listing<Conversation> iterate(ListConversations request) {
    return iterate(request, WalkOptions.DEFAULT);
  }

  /** All conversations that match, lazily, page by page, without repeats. */
  public Listing<Conversation> iterate(ListConversations request, WalkOptions walk) {
    return iterate(request, walk, RequestOptions.DEFAULT);
  }

  /** The same; the options are those of each request. */
  public Listing<Conversation> iterate(
      ListConversations request, WalkOptions walk, RequestOptions options) {
    return new Listing<>(core, Operation.WALK_CONVERSATIONS, request, options, walk);
  }

  /** One conversation by its id. */
  public Conversation get(String id) {
    return get(id, RequestOptions.DEFAULT);
  }

  /** One conversation by its id. */
  public Conversation get(String id, RequestOptions options) {
    return core.call(Operation.GET_CONVERSATION, Request.id(id), options);
  }

  /** Begins a conversation in the name of a customer. */
  public Conversation create(Consumer<CreateConversation.Builder> request) {
    return create(request, RequestOptions.DEFAULT);
  }

  /** Begins a conversation in the name of a customer. */
  public Conversation create(Consumer<CreateConversation.Builder> request, RequestOptions options) {
    return create(Request.filled(CreateConversation.builder(), request).build(), options);
  }

  /** Begins a conversation in the name of a customer. */
  public Conversation create(CreateConversation request) {
    return create(request, RequestOptions.DEFAULT);
  }

  /** Begins a conversation in the name of a customer. */
  public Conversation create(CreateConversation request, RequestOptions options) {
    return core.call(Operation.CREATE_CONVERSATION, request, options);
  }
}
