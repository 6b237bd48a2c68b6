/* What the engine offers only as C macros. Everything else is Rust. */
#include "php.h"
#include "SAPI.h"
#include "zend_attributes.h"
#include "zend_enum.h"
#include "zend_exceptions.h"
#include "ext/date/php_date.h"
#include "ext/json/php_json.h"
#include "ext/spl/spl_exceptions.h"

/* A time in pieces; `seconds` since 1970. */
typedef struct {
  int64_t seconds;
  int32_t year, month, day, hour, minute, second, micros;
} zfy_parts;

/* A string; those of 0 and 1 byte are the engine's interned ones. */
void zfy_string(zval *out, const char *text, size_t length) {
  ZVAL_STRINGL_FAST(out, text, length);
}

/* The same, for as long as the process lives. Only while the module starts. */
void zfy_interned(zval *out, const char *text, size_t length) {
  ZVAL_INTERNED_STR(out, zend_string_init_interned(text, length, 1));
}

/* An object with uninitialised properties. */
zend_object *zfy_object(zval *out, zend_class_entry *ce) {
  return object_init_ex(out, ce) == SUCCESS ? Z_OBJ_P(out) : NULL;
}

/* The same for a class that holds data, without what object_init_ex() asks of any class. The object is in no circle:
   the collector need not look at it. */
zend_object *zfy_record(zval *out, zend_class_entry *ce) {
  zend_object *object = zend_objects_new(ce);
  for (int n = 0; n < ce->default_properties_count; n++) ZVAL_UNDEF(OBJ_PROP_NUM(object, n));
  GC_ADD_FLAGS(object, GC_NOT_COLLECTABLE);
  ZVAL_OBJ(out, object);
  return object;
}

/* A list with room for so many items, and the next of them. */
zend_array *zfy_list(zval *out, uint32_t room) {
  array_init_size(out, room);
  zend_hash_real_init_packed(Z_ARRVAL_P(out));
  return Z_ARRVAL_P(out);
}

void zfy_add(zend_array *list, zval *item) {
  ZEND_HASH_FILL_PACKED(list) { ZEND_HASH_FILL_ADD(item); } ZEND_HASH_FILL_END();
}

/* The place of a declared property by name. */
zval *zfy_named(zend_object *object, const char *name, size_t length) {
  zend_property_info *info = zend_hash_str_find_ptr(&object->ce->properties_info, name, length);
  return info ? OBJ_PROP(object, info->offset) : NULL;
}

static zend_type zfy_type(uint32_t mask, const char *class_name, size_t class_length) {
  if (!class_length) return (zend_type)ZEND_TYPE_INIT_MASK(mask);
  return (zend_type)ZEND_TYPE_INIT_CLASS(zend_string_init_interned(class_name, class_length, 1), 0, mask);
}

/* public readonly <type> $name */
void zfy_property(zend_class_entry *ce, const char *name, size_t length, uint32_t mask, const char *class_name,
                  size_t class_length) {
  zval none;
  ZVAL_UNDEF(&none);
  zend_declare_typed_property(ce, zend_string_init_interned(name, length, 1), &none,
                              ZEND_ACC_PUBLIC | ZEND_ACC_READONLY, NULL,
                              zfy_type(mask, class_name, class_length));
}

/* No property can be added to objects of the class, and if it has only readonly ones, that is said too. */
void zfy_sealed(zend_class_entry *ce, bool readonly) {
  ce->ce_flags |= ZEND_ACC_NO_DYNAMIC_PROPERTIES | (readonly ? ZEND_ACC_READONLY_CLASS : 0);
}

/* Gives a declared property a type, and says that only its owner writes it. */
bool zfy_readonly(zend_class_entry *ce, const char *name, size_t length, const char *class_name,
                  size_t class_length) {
  zend_property_info *info = zend_hash_str_find_ptr(&ce->properties_info, name, length);
  if (!info) return false;
  info->type = zfy_type(0, class_name, class_length);
  info->flags |= ZEND_ACC_READONLY;
  return true;
}

static zend_function *zfy_method(zend_class_entry *ce, const char *name, size_t length) {
  return zend_hash_str_find_ptr_lc(&ce->function_table, name, length);
}

/* Declares the type of parameter `index`, or with -1 of the result. The engine does not check the parameters of
   internal functions against these types: the core does, with better words. They are for people and tools. */
bool zfy_declare(zend_class_entry *ce, const char *name, size_t length, int32_t index, uint32_t mask,
                 const char *class_name, size_t class_length) {
  zend_function *method = zfy_method(ce, name, length);
  if (!method || index >= (int32_t)method->common.num_args) return false;
  zend_arg_info *info = method->common.arg_info + index;
  uint32_t kept = ZEND_TYPE_FULL_MASK(info->type) & ((uint32_t)(ZEND_SEND_BY_REF | ZEND_SEND_PREFER_REF) << _ZEND_SEND_MODE_SHIFT);
  info->type = zfy_type(mask, class_name, class_length);
  ZEND_TYPE_FULL_MASK(info->type) |= kept;
  if (index < 0) method->common.fn_flags |= ZEND_ACC_HAS_RETURN_TYPE;
  return true;
}

/* #[\SensitiveParameter] */
bool zfy_sensitive(zend_class_entry *ce, const char *name, size_t length, const char *parameter) {
  zend_function *method = zfy_method(ce, name, length);
  for (uint32_t n = 0; method && n < method->common.num_args; n++) {
    if (strcmp(method->internal_function.arg_info[n].name, parameter) == 0) {
      zend_string *attribute = zend_string_init_interned(ZEND_STRL("SensitiveParameter"), 1);
      zend_add_parameter_attribute(method, n, attribute, 0);
      return true;
    }
  }
  return false;
}

/* __set_state: an object from what var_export() wrote. What is missing is null or an empty array, if it may be. */
void zfy_set_state(zend_execute_data *execute_data, zval *return_value) {
  HashTable *given;
  zend_class_entry *ce = zend_get_called_scope(execute_data);
  if (zend_parse_parameters(ZEND_NUM_ARGS(), "h", &given) == FAILURE) return;
  if (object_init_ex(return_value, ce) == FAILURE) return;
  for (int n = 0; n < ce->default_properties_count; n++) {
    zend_property_info *info = ce->properties_info_table[n];
    if (!info) continue;
    zval value, *found = zend_hash_find_deref(given, info->name);
    uint32_t may = ZEND_TYPE_FULL_MASK(info->type);
    if (found) ZVAL_COPY(&value, found);
    else if (may & MAY_BE_NULL) ZVAL_NULL(&value);
    else if (may & MAY_BE_ARRAY) ZVAL_EMPTY_ARRAY(&value);
    else { zend_throw_error(NULL, "%s needs %s", ZSTR_VAL(ce->name), ZSTR_VAL(info->name)); return; }
    if (!zend_verify_property_type(info, &value, true)) {
      zval_ptr_dtor(&value);
      return;
    }
    ZVAL_COPY_VALUE(OBJ_PROP_NUM(Z_OBJ_P(return_value), n), &value);
  }
}

/* foreach over an iteration, in the steps of its methods but without calling them. */
typedef struct {
  bool (*valid)(zend_object *);
  zval *(*current)(zend_object *);
  int64_t (*key)(zend_object *);
  void (*next)(zend_object *);
  void (*rewind)(zend_object *);
} zfy_steps;
static const zfy_steps *zfy_walk;

/* An int or a zend_result, as the version has it. */
typedef __typeof__(((zend_object_iterator_funcs *)0)->valid(NULL)) zfy_validity;

static zfy_validity zfy_valid(zend_object_iterator *it) {
  return zfy_walk->valid(Z_OBJ(it->data)) ? SUCCESS : FAILURE;
}
static zval *zfy_current(zend_object_iterator *it) {
  zval *item = zfy_walk->current(Z_OBJ(it->data));
  return item ? item : &EG(uninitialized_zval);
}
static void zfy_key(zend_object_iterator *it, zval *key) { ZVAL_LONG(key, zfy_walk->key(Z_OBJ(it->data))); }
static void zfy_next(zend_object_iterator *it) { zfy_walk->next(Z_OBJ(it->data)); }
static void zfy_rewind(zend_object_iterator *it) { zfy_walk->rewind(Z_OBJ(it->data)); }
static void zfy_end(zend_object_iterator *it) { zval_ptr_dtor(&it->data); }
static HashTable *zfy_get_gc(zend_object_iterator *it, zval **table, int *n) {
  *table = &it->data, *n = 1;
  return NULL;
}

static zend_object_iterator *zfy_get_iterator(zend_class_entry *ce, zval *object, int by_ref) {
  static const zend_object_iterator_funcs funcs = {
      .dtor = zfy_end, .valid = zfy_valid, .get_current_data = zfy_current, .get_current_key = zfy_key,
      .move_forward = zfy_next, .rewind = zfy_rewind, .get_gc = zfy_get_gc,
  };
  (void)ce;
  if (by_ref) {
    zend_throw_error(NULL, "An iterator cannot be used with foreach by reference");
    return NULL;
  }
  zend_object_iterator *it = emalloc(sizeof(*it));
  zend_iterator_init(it);
  it->funcs = &funcs;
  ZVAL_OBJ_COPY(&it->data, Z_OBJ_P(object));
  return it;
}

void zfy_walks(zend_class_entry *ce, const zfy_steps *steps) {
  zfy_walk = steps;
  ce->get_iterator = zfy_get_iterator;
}

/* Runs the signal handlers that wait. Whether the call must end: the time is up, or a handler threw. What a handler
   threw stays pending; "exit" in a handler is such an exception too. */
bool zfy_interrupted(void) {
  if (zend_atomic_bool_load_ex(&EG(timed_out))) return true;
  if (zend_atomic_bool_load_ex(&EG(vm_interrupt))) {
    zend_atomic_bool_store_ex(&EG(vm_interrupt), false);
    if (zend_interrupt_function) zend_interrupt_function(EG(current_execute_data));
  }
  return EG(exception) != NULL;
}

/* Makes an exception the one that came before the pending one. */
void zfy_behind_pending(zval *exception) {
  zend_object *pending = EG(exception);
  if (!pending || zend_is_unwind_exit(pending)) return;
  Z_ADDREF_P(exception);
  zend_exception_set_previous(pending, Z_OBJ_P(exception));
}

/* A DateTimeImmutable in UTC, from its parts: twenty times as fast as reading text. Like a record it is made without
   questions, and the collector need not look at it. */
void zfy_time(zval *out, const zfy_parts *parts) {
  timelib_time *time = emalloc(sizeof(timelib_time));
  *time = (timelib_time){
      .y = parts->year, .m = parts->month, .d = parts->day,
      .h = parts->hour, .i = parts->minute, .s = parts->second, .us = parts->micros,
      .sse = parts->seconds, .sse_uptodate = 1, .tim_uptodate = 1, .is_localtime = 1,
      .have_time = 1, .have_date = 1, .have_zone = 1, .zone_type = TIMELIB_ZONETYPE_OFFSET,
  };
  zend_class_entry *ce = php_date_get_immutable_ce();
  ZVAL_OBJ(out, ce->create_object(ce));
  GC_ADD_FLAGS(Z_OBJ_P(out), GC_NOT_COLLECTABLE);
  Z_PHPDATE_P(out)->time = time;
}

/* The array of the engine that stands for all empty ones. */
void zfy_empty_array(zval *out) { ZVAL_EMPTY_ARRAY(out); }

/* Adds to an array as PHP code would: "12" becomes the key 12. */
void zfy_put(zend_array *array, const char *key, size_t length, zval *value) {
  zend_symtable_str_update(array, key, length, value);
}

zend_class_entry *zfy_date_interface(void) { return php_date_get_interface_ce(); }
zend_class_entry *zfy_json_interface(void) { return php_json_serializable_ce; }
zend_class_entry *zfy_runtime_exception(void) { return spl_ce_RuntimeException; }

/* The value of a case of a backed enum. */
zval *zfy_case_value(zend_object *object) {
  bool backed = (object->ce->ce_flags & ZEND_ACC_ENUM) && object->ce->enum_backing_type != IS_UNDEF;
  return backed ? zend_enum_fetch_case_value(object) : NULL;
}

static zval *zfy_variable(const char *global, size_t global_length, const char *name, size_t length) {
  zend_is_auto_global_str(global, global_length);
  zval *table = zend_hash_str_find_deref(&EG(symbol_table), global, global_length);
  zval *found = table && Z_TYPE_P(table) == IS_ARRAY ? zend_hash_str_find_deref(Z_ARRVAL_P(table), name, length) : NULL;
  return found && Z_TYPE_P(found) == IS_STRING ? found : NULL;
}

/* An environment variable as getenv() of PHP has it (FPM sets some of its own), or as libraries that read .env files
   leave it: in $_ENV or $_SERVER. */
void zfy_environment(zval *out, const char *name, size_t length) {
  char *own = sapi_getenv(name, length);
  const char *value = own ? own : getenv(name);
  zval *found = value ? NULL : zfy_variable(ZEND_STRL("_ENV"), name, length);
  if (!value && !found) found = zfy_variable(ZEND_STRL("_SERVER"), name, length);
  if (value) ZVAL_STRING(out, value); else if (found) ZVAL_COPY(out, found); else ZVAL_NULL(out);
  if (own) efree(own);
}

/* The version of PHP that this was built for. */
const char *zfy_version(void) { return PHP_VERSION; }

/* The same, and whether with threads. */
#ifdef ZTS
const char *zfy_build(void) { return PHP_VERSION ", ZTS"; }
#else
const char *zfy_build(void) { return PHP_VERSION ", NTS"; }
#endif
